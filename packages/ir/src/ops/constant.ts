// constant: a tensor held in the graph. It is meant for scalars and small tables; pass data as graph inputs.
import type { HostTensor } from "../dtype.js";
import { hostTensor } from "../dtype.js";
import { definePrimitive } from "../op.js";
import { refTensor } from "../ref-tensor.js";

export const constant = definePrimitive({
  name: "constant",
  inputs: [],
  attrs: ({ value }: { value: HostTensor }) => ({ value }),
  infer: (_, { value }) => ({ dtype: value.dtype, shape: value.shape }),
  evaluate: (_, { value }) => refTensor(value).data,
  flops: () => 0,
  samples: [
    { inputs: [], attrs: { value: hostTensor("f32", [2, 2], [1, -2.5, 0, 1e-8]) } },
    { inputs: [], attrs: { value: hostTensor("i32", [3], [1, -7, 2 ** 30]) } },
    { inputs: [], attrs: { value: hostTensor("bool", [], [1]) } },
  ],
});
