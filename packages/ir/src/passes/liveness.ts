// Liveness: when each value is last needed, and how many bytes are alive at once.
import { byteLength } from "../dtype.js";
import type { Graph } from "../graph.js";

export interface Liveness {
  /**
   * For each value id, the index of the last node that reads it; `Infinity` for graph outputs. For a value that is
   * never read: the index of the node that defines it, -1 for an input.
   */
  readonly lastUse: ReadonlyMap<number, number>;
  /** For each node index, the ids of the values whose last use is that node; graph inputs are left out. */
  readonly dying: readonly (readonly number[])[];
  /** Bytes of inputs (state and batch), held throughout. */
  readonly inputBytes: number;
  /** The peak of the bytes alive at once of values that nodes define. An output that replaces an input counts 0. */
  readonly peakBytes: number;
  /** Index of the node at which the peak is reached; -1 if the peak is 0. */
  readonly peakNode: number;
}

/** Liveness of `graph` when its nodes run in order. */
export function liveness(graph: Graph): Liveness {
  const lastUse = new Map<number, number>();
  for (const { value } of graph.inputs) lastUse.set(value.id, -1);
  graph.nodes.forEach((node, index) => {
    for (const { id } of node.outputs) lastUse.set(id, index);
    for (const { id } of node.inputs) lastUse.set(id, index);
  });
  for (const { value } of graph.outputs) lastUse.set(value.id, Number.POSITIVE_INFINITY);

  const inPlace = new Set(graph.outputs.filter((output) => output.replaces !== undefined).map(({ value }) => value.id));
  const inputs = new Set(graph.inputs.map(({ value }) => value.id));
  const dying: number[][] = graph.nodes.map(() => []);
  const bytes = new Map<number, number>();
  for (const node of graph.nodes) {
    for (const { id, type } of node.outputs) {
      bytes.set(id, inPlace.has(id) ? 0 : byteLength(type));
      const end = lastUse.get(id) as number;
      if (end < graph.nodes.length && !inputs.has(id)) dying[end]?.push(id);
    }
  }
  let alive = 0;
  let peakBytes = 0;
  let peakNode = -1;
  graph.nodes.forEach((node, index) => {
    for (const { id } of node.outputs) alive += bytes.get(id) as number;
    if (alive > peakBytes) {
      peakBytes = alive;
      peakNode = index;
    }
    for (const id of dying[index] as number[]) alive -= bytes.get(id) as number;
  });
  const inputBytes = graph.inputs.reduce((sum, { value }) => sum + byteLength(value.type), 0);
  return { lastUse, dying, inputBytes, peakBytes, peakNode };
}
