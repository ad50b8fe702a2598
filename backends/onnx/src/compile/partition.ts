// Cuts a graph into runs of nodes for one ONNX Runtime session or one call of the kernels, as few runs as its
// dependences allow.
import { adamw, clipByGlobalNorm, type Graph, highest, type Node, scatterAdd, type Uses } from "@cambium/ir";

export interface Segment {
  readonly kind: "session" | "kernels";
  /** In topological order. */
  readonly nodes: readonly Node[];
}

/** Whether only the kernels compute a node: ONNX Runtime has nothing for it. */
export function isKernelOnly(node: Node): boolean {
  return adamw.is(node) || clipByGlobalNorm.is(node);
}

/**
 * The nodes that the kernels compute. One of them is the gradient of an embedding, unless ONNX Runtime needs it again:
 * one thread adds rows faster than ONNX Runtime, which has to be given an index for every element.
 */
export function kernelNodes(graph: Graph, uses: Uses): ReadonlySet<Node> {
  const kernelsAlone = ({ outputs }: Node) => outputs.every(({ id }) => uses.readers(id).every(isKernelOnly));
  return new Set(graph.nodes.filter((node) => isKernelOnly(node) || (scatterAdd.is(node) && kernelsAlone(node))));
}

/**
 * Segments in the order in which they run. Each node runs as early as it can: session nodes at even depths, kernel
 * nodes at odd ones, one deeper than what they read whenever the kind changes.
 */
export function partition(graph: Graph, kernels: ReadonlySet<Node>): Segment[] {
  const depthOf = new Map<number, number>();
  const layers: Node[][] = [];
  for (const node of graph.nodes) {
    const reached = Math.max(0, highest(node.inputs.map(({ id }) => depthOf.get(id) ?? 0)));
    const depth = reached % 2 === (kernels.has(node) ? 1 : 0) ? reached : reached + 1;
    for (const { id } of node.outputs) depthOf.set(id, depth);
    for (let i = layers.length; i <= depth; i++) layers.push([]);
    layers[depth]?.push(node);
  }
  return layers.flatMap((nodes, depth): Segment[] =>
    nodes.length === 0 ? [] : [{ kind: depth % 2 === 1 ? "kernels" : "session", nodes }],
  );
}
