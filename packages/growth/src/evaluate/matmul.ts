// The matrix product of two expressions: rows of the left times all of the right.
import { addMultiple } from "@cambium/ir";
import type { TypedMatMul } from "../expr/typed.js";
import { storage } from "./storage.js";
import { rowLength, type Scope, type Value, withRows } from "./value.js";

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
      const all = await held;
      const out = storage((end - start) * columns).fill(0);
      await withRows(left, start, end, (rows) => addProduct(rows, all, end - start, inner, columns, out));
      return out;
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
      const out = storage((end - start) * height);
      out.set((await held).subarray(start * height, end * height));
      return out;
    },
  };
}

/** Adds a [m, k] times b [k, n] to out [m, n]. */
function addProduct(a: Float64Array, b: Float64Array, m: number, k: number, n: number, out: Float64Array): void {
  for (let i = 0; i < m; i++) for (let p = 0; p < k; p++) addMultiple(out, i * n, b, p * n, n, a[i * k + p] as number);
}
