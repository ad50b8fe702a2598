// A swiglu whose gradient the graph holds as well is computed in the parts that the gradient reads. In the order in which
// ONNX Runtime takes nodes, it computes those parts in the forward pass, whoever reads them: a second swiglu in another
// form saves no memory.
import { type Graph, type Node, rewrite, swiglu, type Tensor, Uses } from "@cambium/ir";
import { sharedSwiglu } from "./ops/shared-swiglu.js";

export function shareSwiglu(graph: Graph): Graph {
  const uses = new Uses(graph);
  return rewrite(graph, (node, inputs) =>
    swiglu.is(node) && differentiated(node) ? [sharedSwiglu(...(inputs as [Tensor, Tensor]))] : null,
  );

  function differentiated({ inputs: [gate, up] }: Node): boolean {
    return uses
      .readers(gate?.id as number)
      .some(({ op, inputs }) => op.name === "swigluGrad" && inputs[0]?.id === gate?.id && inputs[1]?.id === up?.id);
  }
}
