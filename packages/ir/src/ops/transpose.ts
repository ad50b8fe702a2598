// transpose: permutes axes; output axis i is input axis permutation[i].
import { CambiumError } from "../errors.js";
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { strides } from "../shape.js";
import { offset } from "./shared/elementwise.js";

/** @throws CambiumError `E_AXIS` unless `permutation` names each axis once. */
export const transpose = definePrimitive({
  name: "transpose",
  inputs: ["x"],
  attrs: ({ permutation }: { permutation: readonly number[] }) => ({ permutation }),
  infer: ([x], { permutation }) => {
    const sorted = [...permutation].sort((a, b) => a - b);
    if (sorted.length !== x.shape.length || sorted.some((axis, i) => axis !== i)) {
      throw new CambiumError("E_AXIS", "not a permutation of the axes", {
        expected: `each of 0..${x.shape.length - 1} once`,
        got: `[${permutation}]`,
      });
    }
    return { dtype: x.dtype, shape: permutation.map((axis) => x.shape[axis] as number) };
  },
  vjp: ({ grads: [grad], attrs: { permutation } }): Gradients => [
    grad ? transpose(grad, { permutation: permutation.map((_, i) => permutation.indexOf(i)) }) : null,
  ],
  evaluate: ([x], { permutation }) => {
    const own = strides(x.type.shape);
    const shape = permutation.map((axis) => x.type.shape[axis] as number);
    const steps = permutation.map((axis) => own[axis] as number);
    return x.data.map((_, i) => x.data[offset(i, shape, steps)] as number);
  },
  flops: () => 0,
  samples: [
    { inputs: [drawn("f32", [2, 3])], attrs: { permutation: [1, 0] } },
    { inputs: [drawn("f32", [2, 3, 4, 5])], attrs: { permutation: [0, 2, 1, 3] } },
    { inputs: [drawn("i32", [2, 3, 4])], attrs: { permutation: [2, 0, 1] } },
  ],
});
