// Dead-code elimination: drops nodes that no graph output depends on. Graph inputs stay, used or not.
import type { Graph } from "../graph.js";

export function eliminateDeadCode(graph: Graph): Graph {
  const live = new Set(graph.outputs.map(({ value }) => value.id));
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some(({ id }) => live.has(id))) return false;
    for (const { id } of node.inputs) live.add(id);
    return true;
  });
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes: nodes.reverse() };
}
