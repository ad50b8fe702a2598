// Replaces composites by their decomposition, down to the ops a backend (or a gradient rule) understands.
import type { Graph, Node } from "../graph.js";
import type { Op } from "../op.js";
import { rewrite } from "./rewrite.js";

/**
 * Decomposes every composite for which `keep` is false, repeatedly, until only primitives and kept ones remain.
 * `keep` may look at the node, e.g. to take a composite whole only at some sizes.
 */
export function decompose(graph: Graph, keep: (op: Op, node: Node) => boolean = () => false): Graph {
  const stays = (node: Node) => node.op.kind === "primitive" || keep(node.op, node);
  let current = graph;
  while (!current.nodes.every(stays)) {
    current = rewrite(current, (node, inputs) =>
      stays(node) ? null : (node.op.decompose?.(inputs, node.attrs) ?? null),
    );
  }
  return current;
}
