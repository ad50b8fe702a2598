// Cuts a graph into runs of nodes for one ONNX Runtime session or one call of the WASM kernels, as few runs as its
// dependences allow.
import type { Graph, Node } from "@cambium/ir";
import { highest } from "@cambium/ir";

export interface Segment {
  readonly kind: "session" | "kernels";
  /** In topological order. */
  readonly nodes: readonly Node[];
}

/** Whether the WASM kernels compute a node. */
export function isKernel({ op }: Node): boolean {
  return op.name === "adamw" || op.name === "clipByGlobalNorm";
}

/**
 * Segments in the order in which they run. Each node runs as early as it can: session nodes at even depths, kernel
 * nodes at odd ones, one deeper than what they read whenever the kind changes.
 */
export function partition(graph: Graph): Segment[] {
  const depthOf = new Map<number, number>();
  const layers: Node[][] = [];
  for (const node of graph.nodes) {
    const reached = Math.max(0, highest(node.inputs.map(({ id }) => depthOf.get(id) ?? 0)));
    const depth = reached % 2 === (isKernel(node) ? 1 : 0) ? reached : reached + 1;
    for (const { id } of node.outputs) depthOf.set(id, depth);
    for (let i = layers.length; i <= depth; i++) layers.push([]);
    layers[depth]?.push(node);
  }
  return layers.flatMap((nodes, depth): Segment[] =>
    nodes.length === 0 ? [] : [{ kind: depth % 2 === 1 ? "kernels" : "session", nodes }],
  );
}
