// The one way a pass changes a graph: rebuild it node by node, replacing some.
import { GraphBuilder } from "../builder.js";
import { copyNodes, type Visitor } from "../copy.js";
import type { Graph, Tensor } from "../graph.js";

/** Rebuilds `graph` with `visit` applied to each node in order. Inputs, outputs and their names stay. */
export function rewrite(graph: Graph, visit: Visitor<GraphBuilder>): Graph {
  return rebuild(graph, visit).builder.finish();
}

/** As `rewrite`, but open: the builder, and for each value id of `graph` the tensor it became. */
export function rebuild(graph: Graph, visit?: Visitor<GraphBuilder>) {
  const builder = new GraphBuilder();
  const tensors = new Map<number, Tensor>();
  for (const { name, value } of graph.inputs) tensors.set(value.id, builder.input(name, value.type));
  copyNodes(graph, builder, tensors, visit);
  for (const { name, value, replaces } of graph.outputs) {
    builder.output(name, tensors.get(value.id) as Tensor, replaces === undefined ? {} : { replaces });
  }
  return { builder, tensors };
}
