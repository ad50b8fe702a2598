// The matrix product of two expressions: rows of the left times all of the right.
import type { TypedMatMul } from "../expr/typed.js";
import { rowLength, type Scope, type Value } from "./value.js";

export function compileMatMul(expr: TypedMatMul, scope: Scope): Value {
  const left = operand(scope.compile(expr.left, scope), expr.transposeLeft);
  const right = operand(scope.compile(expr.right, scope), expr.transposeRight);
  const inner = left.shape[1] as number;
  const columns = rowLength(right.shape);
  let held: Promise<Float64Array> | undefined;
  return {
    shape: expr.shape,
    rows: async (start, end) => {
      held ??= right.rows(0, inner);
      return product(await left.rows(start, end), await held, end - start, inner, columns);
    },
  };
}

/** `value`, or its transpose, which is kept whole once it has been computed. */
function operand(value: Value, transposed: boolean): Value {
  if (!transposed || value.shape.length !== 2) return value;
  const [height, width] = value.shape as [number, number];
  let held: Promise<Float64Array> | undefined;
  const transpose = async () => {
    const rows = await value.rows(0, height);
    const out = new Float64Array(rows.length);
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++) out[j * height + i] = rows[i * width + j] as number;
    return out;
  };
  return {
    shape: [width, height],
    rows: async (start, end) => {
      held ??= transpose();
      return (await held).slice(start * height, end * height);
    },
  };
}

function product(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const factor = a[i * k + p] as number;
      for (let j = 0; j < n; j++) out[i * n + j] = (out[i * n + j] as number) + factor * (b[p * n + j] as number);
    }
  }
  return out;
}
