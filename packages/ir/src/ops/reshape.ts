// reshape: the same elements in row-major order under another shape.

import { formatType } from "../dtype.js";
import { CambiumError } from "../errors.js";
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { numel } from "../shape.js";

/** @throws CambiumError `E_SHAPE` when the element counts differ. */
export const reshape = definePrimitive({
  name: "reshape",
  inputs: ["x"],
  attrs: ({ shape }: { shape: readonly number[] }) => ({ shape }),
  infer: ([x], { shape }) => {
    if (numel(shape) !== numel(x.shape)) {
      throw new CambiumError("E_SHAPE", `cannot reshape to [${shape}]`, {
        expected: `${numel(x.shape)} elements`,
        got: `${numel(shape)} elements, from ${formatType(x)}`,
      });
    }
    return { dtype: x.dtype, shape };
  },
  vjp: ({ inputs: [x], grads: [grad] }): Gradients => [grad && reshape(grad, { shape: x.shape })],
  evaluate: ([x]) => x.data,
  flops: () => 0,
  repeats: () => 0,
  samples: [
    { inputs: [drawn("f32", [2, 6])], attrs: { shape: [3, 4] } },
    { inputs: [drawn("f32", [1])], attrs: { shape: [] } },
    { inputs: [drawn("i32", [4])], attrs: { shape: [2, 1, 2] } },
    { inputs: [drawn("bool", [4])], attrs: { shape: [2, 2] } },
  ],
});
