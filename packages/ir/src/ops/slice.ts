// slice: cuts the box [start, end) out of a tensor.
import { CambiumError } from "../errors.js";
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { numel, strides } from "../shape.js";
import { pad } from "./pad.js";
import { offset } from "./shared/elementwise.js";

/** @throws CambiumError `E_SHAPE` unless 0 ≤ start < end ≤ size on every axis. */
export const slice = definePrimitive({
  name: "slice",
  inputs: ["x"],
  attrs: ({ start, end }: { start: readonly number[]; end: readonly number[] }) => ({ start, end }),
  infer: ([x], { start, end }) => {
    const whole = [...start, ...end].every(Number.isInteger);
    const fits = whole && start.length === x.shape.length && end.length === x.shape.length;
    const shape = x.shape.map((_, i) => (end[i] ?? 0) - (start[i] ?? 0));
    if (
      !fits ||
      x.shape.some((n, i) => (start[i] as number) < 0 || (end[i] as number) > n || (shape[i] as number) <= 0)
    ) {
      throw new CambiumError("E_SHAPE", `cannot slice [${start}]..[${end}] out of shape [${x.shape}]`, {
        expected: "integers 0 ≤ start < end ≤ size on every axis",
      });
    }
    return { dtype: x.dtype, shape };
  },
  vjp: ({ inputs: [x], grads: [grad], attrs: { start, end } }): Gradients => [
    grad && pad(grad, { before: start, after: x.shape.map((n, i) => n - (end[i] as number)) }),
  ],
  evaluate: ([x], { start, end }) => {
    const own = strides(x.type.shape);
    const shape = start.map((from, i) => (end[i] as number) - from);
    const base = start.reduce((at, from, i) => at + from * (own[i] as number), 0);
    return new Float64Array(numel(shape)).map((_, i) => x.data[base + offset(i, shape, own)] as number);
  },
  flops: () => 0,
  samples: [
    { inputs: [drawn("f32", [4, 5])], attrs: { start: [1, 0], end: [3, 5] } },
    { inputs: [drawn("f32", [2, 3, 4])], attrs: { start: [0, 2, 1], end: [2, 3, 3] } },
    { inputs: [drawn("i32", [2, 5])], attrs: { start: [0, 1], end: [2, 5] } },
  ],
});
