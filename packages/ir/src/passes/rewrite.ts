// The one way a pass changes a graph: rebuild it node by node, replacing some.
import { GraphBuilder } from "../builder.js";
import type { Graph, Node } from "../graph.js";
import type { Tensor } from "../tensor.js";

/**
 * What becomes of a node: tensors of the new graph that stand for its outputs, or null to keep it as it is.
 * `inputs` are the node's inputs in the new graph.
 */
export type Visitor = (node: Node, inputs: readonly Tensor[], builder: GraphBuilder) => readonly Tensor[] | null;

/** Rebuilds `graph` with `visit` applied to each node in order. Inputs, outputs and their names stay. */
export function rewrite(graph: Graph, visit: Visitor): Graph {
  const builder = new GraphBuilder();
  const mapped = new Map<number, Tensor>();
  for (const { name, value } of graph.inputs) mapped.set(value.id, builder.input(name, value.type));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((value) => mapped.get(value.id) as Tensor);
    const outputs = builder.withScope(
      node.scope,
      () => visit(node, inputs, builder) ?? builder.apply(node.op, inputs, node.attrs),
    );
    node.outputs.forEach((value, i) => mapped.set(value.id, outputs[i] as Tensor));
  }
  for (const { name, value, replaces } of graph.outputs) {
    builder.output(name, mapped.get(value.id) as Tensor, replaces === undefined ? {} : { replaces });
  }
  return builder.finish();
}
