// Arithmetic on shapes: sizes, strides, broadcasting.
import { CambiumError } from "./errors.js";

export type Shape = readonly number[];

export function numel(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Row-major strides, in elements. */
export function strides(shape: Shape): number[] {
  const out = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) out[i] = (out[i + 1] as number) * (shape[i + 1] as number);
  return out;
}

/**
 * The shape two tensors broadcast to, by NumPy's rule (aligned at the last axis; 1 stretches).
 * @throws CambiumError `E_SHAPE` naming both shapes.
 */
export function broadcastShapes(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a[i - rank + a.length] ?? 1;
    const n = b[i - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new CambiumError("E_SHAPE", `shapes [${a}] and [${b}] do not broadcast`, {
        expected: "equal sizes or 1 on every axis, aligned at the last",
        got: `${m} against ${n} on axis ${i - rank}`,
      });
    }
    return m === 1 ? n : m;
  });
}

/**
 * Strides (in elements) that read a tensor of `shape` as if it had shape `to`: 0 on stretched axes.
 * `shape` must broadcast to `to`.
 */
export function broadcastStrides(shape: Shape, to: Shape): number[] {
  const own = strides(shape);
  const lead = to.length - shape.length;
  return to.map((_, i) => (i < lead || shape[i - lead] === 1 ? 0 : (own[i - lead] as number)));
}

/** Resolves a possibly negative axis. @throws CambiumError `E_AXIS` when out of range. */
export function normalizeAxis(axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw new CambiumError("E_AXIS", `axis ${axis} is out of range`, {
      expected: `an integer in [${-rank}, ${rank})`,
      got: String(axis),
    });
  }
  return resolved;
}
