// If a graph holds the forward and the backward pass of attention or of the loss, the backward pass reads the
// probabilities of the forward pass instead of computing them again from the log-sum-exp.
import {
  causalAttention,
  causalAttentionGrad,
  type Graph,
  type GraphBuilder,
  mul,
  type Node,
  rewrite,
  type Tensor,
  Uses,
} from "@cambium/ir";
import { attention, attentionGrad } from "./ops/attention.js";
import { crossEntropy, crossEntropyGrad } from "./ops/cross-entropy.js";

const gradientOf: Readonly<Record<string, string>> = {
  causalAttention: "causalAttentionGrad",
  linearCrossEntropy: "linearCrossEntropyGrad",
};

export function shareProbabilities(graph: Graph): Graph {
  const uses = new Uses(graph);
  const forward = new Set(graph.nodes.filter((node) => sharable(node, uses)));
  const backward = new Map(
    [...forward].flatMap((node) => uses.readers(statistics(node)).map((reader) => [reader, node] as const)),
  );
  const probabilities = new Map<Node, readonly Tensor[]>();
  return rewrite(graph, (node, inputs, builder) => {
    if (forward.has(node)) {
      const [out, ...rest] = forwardWith(node, inputs, builder);
      probabilities.set(node, rest);
      // The first takes the place of the log-sum-exp, all of whose readers are rewritten below.
      return [out as Tensor, rest[0] as Tensor];
    }
    const source = backward.get(node);
    return source ? backwardWith(node, inputs, probabilities.get(source) as readonly Tensor[], uses) : null;
  });
}

/** Whether only the node's own gradient reads its log-sum-exp. */
function sharable(node: Node, uses: Uses): boolean {
  const wanted = gradientOf[node.op.name];
  if (wanted === undefined || uses.isOutput(statistics(node))) return false;
  return uses.readers(statistics(node)).every((reader) => {
    if (reader.op.name !== wanted || !node.inputs.every((value, i) => reader.inputs[i]?.id === value.id)) return false;
    return node.op.name !== "causalAttention" || reader.inputs[3]?.id === node.outputs[0]?.id;
  });
}

/** The id of a forward node's log-sum-exp. */
function statistics(node: Node): number {
  return node.outputs[1]?.id as number;
}

function forwardWith(node: Node, inputs: readonly Tensor[], builder: GraphBuilder): readonly Tensor[] {
  if (node.op.name === "causalAttention")
    return builder.apply(attention.op, inputs, { ...causalAttention.attrsOf(node) });
  return crossEntropy(...(inputs as [Tensor, Tensor, Tensor]));
}

function backwardWith(node: Node, inputs: readonly Tensor[], shared: readonly Tensor[], uses: Uses): readonly Tensor[] {
  if (node.op.name === "causalAttentionGrad") {
    const [q, k, v, out, , grad] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    return attentionGrad([q, k, v, out, grad, ...shared], causalAttentionGrad.attrsOf(node));
  }
  const [hidden, weight, targets, , grad] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const known = uses.scalar(node.inputs[4]?.id as number);
  const grads = crossEntropyGrad(hidden, weight, targets, shared[0] as Tensor, { scale: known ?? 1 });
  return known === undefined ? grads.map((x) => mul(x, grad)) : grads;
}
