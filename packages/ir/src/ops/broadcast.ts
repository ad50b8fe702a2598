// broadcast: stretches a tensor to a shape by NumPy's rule.
import { CambiumError } from "../errors.js";
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { broadcastShapes, broadcastStrides, numel } from "../shape.js";
import { sumTo } from "./shared/adjoints.js";
import { offset } from "./shared/elementwise.js";

/** @throws CambiumError `E_SHAPE` when `x` does not broadcast to `shape`. */
export const broadcast = definePrimitive({
  name: "broadcast",
  inputs: ["x"],
  attrs: ({ shape }: { shape: readonly number[] }) => ({ shape }),
  infer: ([x], { shape }) => {
    const reached = broadcastShapes(x.shape, shape);
    if (reached.length !== shape.length || reached.some((n, i) => n !== shape[i])) {
      throw new CambiumError("E_SHAPE", `cannot broadcast [${x.shape}] to [${shape}]`);
    }
    return { dtype: x.dtype, shape };
  },
  vjp: ({ inputs: [x], grads: [grad] }): Gradients => [grad ? sumTo(grad, x.shape) : null],
  evaluate: ([x], { shape }) => {
    const steps = broadcastStrides(x.type.shape, shape);
    return new Float64Array(numel(shape)).map((_, i) => x.data[offset(i, shape, steps)] as number);
  },
  flops: () => 0,
  repeats: () => 0,
  samples: [
    { inputs: [drawn("f32", [3, 1])], attrs: { shape: [2, 3, 4] } },
    { inputs: [drawn("f32", [])], attrs: { shape: [5] } },
    { inputs: [drawn("i32", [1, 2])], attrs: { shape: [3, 2] } },
    { inputs: [drawn("bool", [1, 2])], attrs: { shape: [3, 2] } },
  ],
});
