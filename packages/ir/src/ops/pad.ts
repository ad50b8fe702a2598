// pad: puts zeros around a tensor; the transpose of slice.
import { CambiumError } from "../errors.js";
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { numel, strides } from "../shape.js";
import { offset, requireDType } from "./shared/elementwise.js";
import { slice } from "./slice.js";

/** @throws CambiumError `E_SHAPE` when a count is missing or negative. */
export const pad = definePrimitive({
  name: "pad",
  inputs: ["x"],
  attrs: ({ before, after }: { before: readonly number[]; after: readonly number[] }) => ({ before, after }),
  infer: ([x], { before, after }) => {
    requireDType([x], "f32", "i32", "f16", "bf16");
    const counts = [...before, ...after];
    if (
      before.length !== x.shape.length ||
      after.length !== x.shape.length ||
      counts.some((n) => !(Number.isInteger(n) && n >= 0))
    ) {
      throw new CambiumError("E_SHAPE", `cannot pad shape [${x.shape}] by [${before}] and [${after}]`, {
        expected: "one integer ≥ 0 per axis and side",
      });
    }
    return { dtype: x.dtype, shape: x.shape.map((n, i) => n + (before[i] as number) + (after[i] as number)) };
  },
  vjp: ({ inputs: [x], grads: [grad], attrs: { before } }): Gradients => [
    grad ? slice(grad, { start: before, end: before.map((n, i) => n + (x.shape[i] as number)) }) : null,
  ],
  evaluate: ([x], { before, after }) => {
    const shape = x.type.shape.map((n, i) => n + (before[i] as number) + (after[i] as number));
    const steps = strides(shape);
    const base = before.reduce((at, n, i) => at + n * (steps[i] as number), 0);
    const out = new Float64Array(numel(shape));
    x.data.forEach((v, i) => {
      out[base + offset(i, x.type.shape, steps)] = v;
    });
    return out;
  },
  flops: () => 0,
  samples: [
    { inputs: [drawn("f32", [2, 3])], attrs: { before: [1, 0], after: [0, 2] } },
    { inputs: [drawn("f32", [2])], attrs: { before: [0], after: [0] } },
    { inputs: [drawn("i32", [2, 2])], attrs: { before: [0, 1], after: [1, 0] } },
  ],
});
