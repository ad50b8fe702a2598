// The one way to copy a graph's nodes into another graph. Inlining, rewriting and differentiating all go through it.
import type { Builder, Graph, Node, Tensor } from "./graph.js";

/**
 * Replaces a node: returns the tensors of the new graph that take the place of its outputs, or null to copy the node
 * unchanged. `inputs` are the node's inputs in the new graph.
 */
export type Visitor<B extends Builder = Builder> = (
  node: Node,
  inputs: readonly Tensor[],
  builder: B,
) => readonly Tensor[] | null;

/**
 * Appends the nodes of `graph` to `builder` in order, replaced or copied by `visit`.
 * @param tensors the tensor in the new graph for each value id of `graph`. It must have those of the inputs; those of
 * the nodes' outputs are added.
 * @param around the scope for nodes without one.
 */
export function copyNodes<B extends Builder>(
  graph: Graph,
  builder: B,
  tensors: Map<number, Tensor>,
  visit: Visitor<B> = () => null,
  around?: string,
): void {
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(({ id }) => tensors.get(id) as Tensor);
    const outputs = builder.withScope(
      node.scope ?? around,
      () => visit(node, inputs, builder) ?? builder.apply(node.op, inputs, node.attrs),
    );
    node.outputs.forEach(({ id }, i) => tensors.set(id, outputs[i] as Tensor));
  }
}
