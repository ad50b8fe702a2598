// Prints every op's samples as JSON: attributes, inputs, and what the gradient tests need. `ops.py` reads it.
import {
  type Attrs,
  type HostTensor,
  composites,
  primitives,
  refTensor,
  sampleGradients,
  sampleLossInputs,
} from "../../packages/ir/src/index.js";

/** The tensor with its values as numbers, half precision included. JSON has no ±∞, so these are strings. */
const plain = (host: HostTensor) => ({
  dtype: host.dtype,
  shape: host.shape,
  data: Array.from(refTensor(host).data, (x) => (Number.isFinite(x) ? x : String(x))),
});

const ops = [...Object.values(primitives), ...Object.values(composites)].map(({ op }) => ({
  name: op.name,
  samples: op.samples.map((sample, i) => {
    const { weights, ...inputs } = sampleLossInputs(op, sample, `${op.name}/${i}`);
    const attrs = Object.entries((sample.attrs ?? {}) as Attrs).map(([name, value]) => [
      name,
      typeof value === "object" && "data" in value ? plain(value as HostTensor) : value,
    ]);
    return {
      attrs: Object.fromEntries(attrs),
      inputs: Object.values(inputs).map(plain),
      weights: plain(weights as HostTensor),
      gradients: sampleGradients(op, sample),
    };
  }),
}));
process.stdout.write(JSON.stringify(ops));
