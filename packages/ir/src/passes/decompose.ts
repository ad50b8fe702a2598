// Replaces composites by their decomposition, down to the ops that a backend (or a gradient rule) understands.
import { GraphBuilder } from "../builder.js";
import type { CompositeOp, Graph, Node } from "../graph.js";
import { rewrite } from "./rewrite.js";

/**
 * Decomposes every composite for which `keep` is false, repeatedly, until only primitives and kept ones remain.
 * `keep` may look at the node, e.g. to take a composite whole only at some sizes.
 */
export function decompose(graph: Graph, keep: (op: CompositeOp, node: Node) => boolean = () => false): Graph {
  const goes = (node: Node): CompositeOp | undefined =>
    node.op.kind === "composite" && !keep(node.op, node) ? node.op : undefined;
  let current = graph;
  while (current.nodes.some(goes)) {
    current = rewrite(current, (node, inputs) => goes(node)?.decompose(inputs, node.attrs) ?? null);
  }
  return current;
}

/** One application of a composite, decomposed once, as a graph: inputs and outputs are named by their index. */
export function decomposition(op: CompositeOp, { inputs, attrs }: Pick<Node, "inputs" | "attrs">): Graph {
  const builder = new GraphBuilder();
  const operands = inputs.map(({ type }, i) => builder.input(String(i), type));
  op.decompose(operands, attrs).forEach((tensor, i) => builder.output(String(i), tensor));
  return builder.finish();
}
