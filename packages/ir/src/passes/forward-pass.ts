// The forward pass inside a train step's graph: the nodes that make the loss, and where it can be cut.
import { byteLength } from "../dtype.js";
import type { Graph, Node, Value } from "../graph.js";

export interface ForwardPass {
  /**
   * In the graph's order. Nodes that read only graph inputs or constants are left out: their results (weights in half
   * precision, say) are the same in the backward pass, and `eliminateCommonSubexpressions` would merge the two.
   */
  readonly nodes: readonly Node[];
  /** For each node, the values that it or earlier nodes define and later nodes read. */
  readonly crossing: readonly (readonly Value[])[];
  /**
   * Indices of nodes after which few bytes cross: local minima whose count at least doubles on both sides before it
   * falls any lower. In a transformer these are the places where only the residual stream passes.
   */
  readonly cuts: readonly number[];
}

/** The nodes up to the one that makes output `of`. */
export function forwardPass(graph: Graph, of: string): ForwardPass {
  const made = graph.outputs.find(({ name }) => name === of)?.value.id;
  const end = graph.nodes.findIndex(({ outputs }) => outputs.some(({ id }) => id === made));
  const given = atHand(graph);
  const nodes = graph.nodes.slice(0, end + 1).filter((node) => !given.has(node));
  const crossing = valuesCrossing(nodes);
  return { nodes, crossing, cuts: valleys(crossing.map(bytesOf)) };
}

/** Nodes that read only graph inputs or constants: their values are available everywhere. */
function atHand(graph: Graph): Set<Node> {
  const inputs = new Set(graph.inputs.map(({ value }) => value.id));
  const constants = new Set<number>();
  const found = new Set<Node>();
  for (const node of graph.nodes) {
    if (!node.inputs.every(({ id }) => inputs.has(id) || constants.has(id))) continue;
    found.add(node);
    if (node.inputs.every(({ id }) => constants.has(id))) for (const { id } of node.outputs) constants.add(id);
  }
  return found;
}

function bytesOf(values: readonly Value[]): number {
  return values.reduce((sum, { type }) => sum + byteLength(type), 0);
}

function valuesCrossing(nodes: readonly Node[]): Value[][] {
  const own = new Set(nodes.flatMap(({ outputs }) => outputs.map(({ id }) => id)));
  const lastRead = new Map<number, number>();
  nodes.forEach(({ inputs }, index) => {
    for (const { id } of inputs) if (own.has(id)) lastRead.set(id, index);
  });
  let alive: Value[] = [];
  return nodes.map(({ outputs }, index) => {
    alive = [...alive, ...outputs].filter(({ id }) => (lastRead.get(id) ?? -1) > index);
    return alive;
  });
}

/** Indices of the valleys of a profile: on both sides, twice their height comes before anything lower. */
function valleys(heights: readonly number[]): number[] {
  return heights.flatMap((height, at) => {
    if (height === 0 || heights[at - 1] === height) return [];
    const rises = (side: readonly number[]) => {
      const met = side.find((other) => other < height || other >= 2 * height);
      return met === undefined || met >= 2 * height;
    };
    const walled = rises(heights.slice(0, at).reverse()) && rises(heights.slice(at + 1));
    return walled ? [at] : [];
  });
}
