// Mixed precision: operands of the matrix work are stored in half precision, everything else stays f32 (Micikevicius et
// al. 2018, "Mixed Precision Training").
import type { Graph, Tensor } from "../graph.js";
import type { HalfDType } from "../half.js";
import { cast } from "../ops/cast.js";
import { reshape } from "../ops/reshape.js";
import { rewrite } from "./rewrite.js";

/**
 * `graph` with a cast to `to` before each f32 input that its op stores in half precision (`OpFacts.stored`). A value is
 * cast once for all its readers. The ops return f32, so no other type changes: norms, softmax, losses, sums of gradients
 * and the optimizer stay as they were. Run it on a whole train step: gradients are then rounded only as operands of a
 * product.
 */
export function autocast(graph: Graph, { to }: { readonly to: HalfDType }): Graph {
  const rounded = new Map<number, Tensor>();
  /** The tensor that a value is a reshape of. */
  const sources = new Map<number, Tensor>();
  const half = (x: Tensor): Tensor => {
    if (x.dtype !== "f32") return x;
    const known = rounded.get(x.value.id);
    if (known) return known;
    // Cast before the reshape, so that a reader of the same value under another shape finds the same cast.
    const source = sources.get(x.value.id);
    const made = source ? reshape(half(source), { shape: x.shape }) : cast(x, { to });
    rounded.set(x.value.id, made);
    return made;
  };
  return rewrite(graph, (node, inputs, builder) => {
    const { op, attrs } = node;
    if (reshape.is(node)) {
      const outputs = builder.apply(op, inputs, attrs) as [Tensor];
      sources.set(outputs[0].value.id, inputs[0] as Tensor);
      return outputs;
    }
    const stored = inputs.map((x, i) => (op.stored.includes(i) ? half(x) : x));
    return builder.apply(op, stored, attrs);
  });
}
