// iota: a new i32 tensor that counts 0, 1, 2, … along one axis.
import { definePrimitive } from "../op.js";
import { normalizeAxis, numel, strides } from "../shape.js";

export const iota = definePrimitive({
  name: "iota",
  inputs: [],
  attrs: ({ shape, axis }: { shape: readonly number[]; axis: number }) => ({ shape, axis }),
  infer: (_, { shape, axis }) => {
    normalizeAxis(axis, shape.length);
    return { dtype: "i32", shape };
  },
  evaluate: (_, { shape, axis }) => {
    const at = normalizeAxis(axis, shape.length);
    const step = strides(shape)[at] as number;
    return new Float64Array(numel(shape)).map((_, i) => Math.floor(i / step) % (shape[at] as number));
  },
  flops: () => 0,
  samples: [
    { inputs: [], attrs: { shape: [5], axis: 0 } },
    { inputs: [], attrs: { shape: [3, 4], axis: 0 } },
    { inputs: [], attrs: { shape: [2, 3, 2], axis: 1 } },
  ],
});
