// concat: joins tensors end to end along one axis.

import { formatType, type TensorType } from "../dtype.js";
import { CambiumError } from "../errors.js";
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn } from "../sample.js";
import { normalizeAxis, numel } from "../shape.js";
import { slice } from "./slice.js";

/** @throws CambiumError `E_SHAPE` when inputs differ in dtype, or in size on an axis other than `axis`. */
export const concat = definePrimitive({
  name: "concat",
  inputs: "variadic",
  attrs: ({ axis }: { axis: number }) => ({ axis }),
  infer: (types, { axis }) => {
    const [first] = types;
    if (!first) throw new CambiumError("E_SHAPE", "no tensors to concatenate");
    const at = normalizeAxis(axis, first.shape.length);
    const fits = types.every(
      ({ dtype, shape }) =>
        dtype === first.dtype &&
        shape.length === first.shape.length &&
        shape.every((n, i) => i === at || n === first.shape[i]),
    );
    if (!fits) {
      throw new CambiumError("E_SHAPE", `inputs differ in dtype or on an axis other than ${at}`, {
        got: types.map(formatType).join(", "),
      });
    }
    const total = types.reduce((sum, { shape }) => sum + (shape[at] as number), 0);
    return { dtype: first.dtype, shape: first.shape.map((n, i) => (i === at ? total : n)) };
  },
  vjp: ({ inputs, grads: [grad], attrs: { axis } }): Gradients => {
    if (!grad) return inputs.map(() => null);
    const at = normalizeAxis(axis, grad.shape.length);
    let from = 0;
    return inputs.map(({ shape }) => {
      const start = shape.map((_, i) => (i === at ? from : 0));
      from += shape[at] as number;
      return slice(grad, { start, end: shape.map((n, i) => (i === at ? from : n)) });
    });
  },
  evaluate: (inputs, { axis }, [type]) => {
    const { shape } = type as TensorType;
    const at = normalizeAxis(axis, shape.length);
    const out = new Float64Array(numel(shape));
    const rows = numel(shape.slice(0, at));
    let cursor = 0;
    for (let row = 0; row < rows; row++) {
      for (const { data } of inputs) {
        const run = data.length / rows;
        out.set(data.subarray(row * run, (row + 1) * run), cursor);
        cursor += run;
      }
    }
    return out;
  },
  flops: () => 0,
  samples: [
    { inputs: [drawn("f32", [2, 3]), drawn("f32", [2, 1])], attrs: { axis: 1 } },
    { inputs: [drawn("f32", [1, 2]), drawn("f32", [3, 2]), drawn("f32", [2, 2])], attrs: { axis: 0 } },
    { inputs: [drawn("i32", [2]), drawn("i32", [3])], attrs: { axis: -1 } },
  ],
});
