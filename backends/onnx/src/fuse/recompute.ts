// If a graph holds the gradient of swiglu, the product that makes the gradient of the next weight reads a recomputed
// output of swiglu. The gradient computes all but one pass of that anyway, and an MLP then keeps a third less.
import { type Graph, matmul, type Node, rewrite, swiglu, type Tensor, Uses } from "@cambium/ir";
import { recomputedSwiglu } from "./ops/recomputed-swiglu.js";

export function recomputeSwiglu(graph: Graph): Graph {
  const uses = new Uses(graph);
  const operands = new Map<Node, readonly [gate: Tensor, up: Tensor]>();
  return rewrite(graph, (node, inputs, builder) => {
    if (swiglu.is(node) && differentiated(node)) operands.set(node, inputs as [Tensor, Tensor]);
    if (!matmul.is(node) || !matmul.attrsOf(node).transA) return null;
    // A product that transposes its left operand sums over rows: it makes the gradient of a weight.
    const again = operands.get(uses.producer(node.inputs[1]?.id as number) as Node);
    return again ? builder.apply(node.op, [inputs[0] as Tensor, recomputedSwiglu(...again)], node.attrs) : null;
  });

  function differentiated({ inputs: [gate, up] }: Node): boolean {
    return uses
      .readers(gate?.id as number)
      .some(({ op, inputs }) => op.name === "swigluGrad" && inputs[0]?.id === gate?.id && inputs[1]?.id === up?.id);
  }
}
