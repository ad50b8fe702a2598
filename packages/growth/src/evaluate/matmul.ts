// The matrix product of two expressions: rows of the left times the whole of the right.
import type { MatMul } from "../expr/expr.js";
import { type Compile, type Label, rowLength, type Value } from "./value.js";

export const compileMatMul: Compile<MatMul> = (expr, scope, hint) => {
  if (scope.mode !== "value") {
    scope.complain({
      message: "a matrix product has no moments in closed form",
      hint: "give a moment rule of its own",
    });
    return undefined;
  }
  const [out, across] = hint ?? [];
  const left = operand(scope.compile(expr.left, scope, pair(out, null, expr.transposeLeft)), expr.transposeLeft);
  const right = operand(scope.compile(expr.right, scope, pair(null, across, expr.transposeRight)), expr.transposeRight);
  if (!left || !right) return undefined;
  const inner = left.shape[1];
  if (left.shape.length !== 2 || right.shape.length > 2 || inner !== right.shape[0]) {
    const got = `[${left.shape}] · [${right.shape}]`;
    scope.complain({ message: "factors of a matrix product do not fit", expected: "[m, k] · [k, n] or [k]", got });
    return undefined;
  }
  const columns = rowLength(right.shape);
  let held: Promise<Float64Array> | undefined;
  return {
    shape: [left.shape[0] as number, ...right.shape.slice(1)],
    labels: [left.labels[0] ?? null, ...right.labels.slice(1)],
    rows: async (start, end) => {
      held ??= right.rows(0, inner as number);
      return product(await left.rows(start, end), await held, end - start, inner as number, columns);
    },
  };
};

function pair(row: Label | undefined, column: Label | undefined, transposed: boolean | undefined): readonly Label[] {
  const labels = [row ?? null, column ?? null];
  return transposed ? labels.reverse() : labels;
}

/** `value`, or its transpose, which is held whole once made. */
function operand(value: Value | undefined, transposed: boolean | undefined): Value | undefined {
  if (!value || !transposed || value.shape.length !== 2) return value;
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
    labels: value.labels.toReversed(),
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
