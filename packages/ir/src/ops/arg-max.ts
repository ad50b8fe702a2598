// argMax: the index of the largest element along one axis, i32; at a tie, the first. Not differentiable.
import { definePrimitive } from "../op.js";
import { drawn, given } from "../sample.js";
import { normalizeAxis, numel } from "../shape.js";
import { requireDType } from "./shared/elementwise.js";

export const argMax = definePrimitive({
  name: "argMax",
  inputs: ["x"],
  attrs: ({ axis }: { axis: number }) => ({ axis }),
  infer: ([x], { axis }) => {
    requireDType([x], "f32");
    const at = normalizeAxis(axis, x.shape.length);
    return { dtype: "i32", shape: x.shape.filter((_, i) => i !== at) };
  },
  evaluate: ([x], { axis }) => {
    const { shape } = x.type;
    const at = normalizeAxis(axis, shape.length);
    const size = shape[at] as number;
    const inner = numel(shape.slice(at + 1));
    const out = new Float64Array(x.data.length / size);
    for (let o = 0; o < out.length; o++) {
      const base = Math.floor(o / inner) * inner * size + (o % inner);
      for (let i = 1; i < size; i++) {
        if ((x.data[base + i * inner] as number) > (x.data[base + (out[o] as number) * inner] as number)) out[o] = i;
      }
    }
    return out;
  },
  flops: ([x]) => numel(x.shape),
  samples: [
    { inputs: [drawn("f32", [3, 5])], attrs: { axis: -1 } },
    { inputs: [drawn("f32", [3, 4, 2])], attrs: { axis: 1 } },
    { inputs: [given("f32", [4], [1, 3, 3, 0])], attrs: { axis: 0 }, note: "a tie takes the first" },
    {
      inputs: [given("f32", [2, 2], [-Infinity, -Infinity, -Infinity, 0])],
      attrs: { axis: 1 },
      note: "nothing but −∞",
    },
  ],
});
