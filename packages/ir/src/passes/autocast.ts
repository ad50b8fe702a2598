// Mixed precision: operands of the matrix work are stored in half precision, everything else stays f32 (Micikevicius et
// al. 2018, "Mixed Precision Training").
import type { Graph } from "../graph.js";
import { cast } from "../ops/cast.js";
import { reshape } from "../ops/reshape.js";
import type { Tensor } from "../tensor.js";
import { rewrite } from "./rewrite.js";

/** By op, the inputs that are stored in half precision: what the op multiplies, and what a backward pass keeps for it. */
const halved: Readonly<Record<string, readonly number[]>> = {
  matmul: [0, 1],
  causalAttention: [0, 1, 2],
  causalAttentionGrad: [0, 1, 2, 3, 5],
  linearCrossEntropy: [0, 1],
  linearCrossEntropyGrad: [0, 1],
  swiglu: [0, 1],
  swigluGrad: [0, 1, 2],
};

/**
 * `graph` with a cast to f16 before each of those inputs that is f32; a value is cast once, whoever reads it. The ops give
 * f32, so that no other type changes: norms, softmax, losses, sums of gradients and the optimizer stay as they were. To
 * be run on a whole train step: a gradient is then rounded only where it goes into a product.
 */
export function autocast(graph: Graph): Graph {
  const rounded = new Map<number, Tensor>();
  /** What a value is a reshape of. */
  const sources = new Map<number, Tensor>();
  const half = (x: Tensor): Tensor => {
    if (x.dtype !== "f32") return x;
    const known = rounded.get(x.value.id);
    if (known) return known;
    // Before a reshape, so that one who reads the value under another shape finds the same cast.
    const source = sources.get(x.value.id);
    const made = source ? reshape(half(source), { shape: x.shape }) : cast(x, { to: "f16" });
    rounded.set(x.value.id, made);
    return made;
  };
  return rewrite(graph, ({ op, attrs }, inputs, builder) => {
    if (op === reshape.op) {
      const outputs = builder.apply(op, inputs, attrs) as [Tensor];
      sources.set(outputs[0].value.id, inputs[0] as Tensor);
      return outputs;
    }
    const which = halved[op.name];
    if (which === undefined) return null;
    return builder.apply(
      op,
      inputs.map((x, i) => (which.includes(i) ? half(x) : x)),
      attrs,
    );
  });
}
