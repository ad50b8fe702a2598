// Splits a concatenation of many tensors into nested ones of few, because a kernel binds at most eight buffers.
import { concat, type Graph, rewrite, type Tensor } from "@cambium/ir";

const most = 5;

export function splitConcat(graph: Graph): Graph {
  if (!graph.nodes.some((node) => concat.is(node) && node.inputs.length > most)) return graph;
  return rewrite(graph, (node, inputs) => {
    if (!concat.is(node) || inputs.length <= most) return null;
    const { axis } = concat.attrsOf(node);
    let parts: readonly Tensor[] = inputs;
    while (parts.length > 1) {
      const joined: Tensor[] = [];
      for (let i = 0; i < parts.length; i += most) {
        const some = parts.slice(i, i + most);
        joined.push(some.length === 1 ? (some[0] as Tensor) : concat(some, { axis }));
      }
      parts = joined;
    }
    return parts;
  });
}
