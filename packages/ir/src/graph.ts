// The graph: static-shape SSA. Values are defined once, nodes stand in topological order, names live at the edge.
import type { TensorType } from "./dtype.js";
import type { Attrs, Op } from "./op.js";

/** One SSA value. `id` is unique within its graph. */
export interface Value {
  readonly id: number;
  readonly type: TensorType;
}

export interface Node {
  readonly op: Op;
  readonly attrs: Attrs;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Where in the model the node belongs, e.g. `layers.3.mlp`; for profiles and printing only. */
  readonly scope?: string;
}

export interface GraphInput {
  readonly name: string;
  readonly value: Value;
}

export interface GraphOutput {
  readonly name: string;
  readonly value: Value;
  /**
   * Name of the input whose storage this output takes over: state such as parameters and moments. The input is
   * consumed by a run, so that a backend may update it in place.
   */
  readonly replaces?: string;
}

export interface Graph {
  readonly inputs: readonly GraphInput[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly GraphOutput[];
}

/** The types of a graph's inputs or outputs by name. */
export function edgeTypes(edges: readonly (GraphInput | GraphOutput)[]): Record<string, TensorType> {
  return Object.fromEntries(edges.map((edge) => [edge.name, edge.value.type]));
}

/** For each value id, the node that defines it; graph inputs are absent. */
export function producers(graph: Graph): Map<number, Node> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((value) => [value.id, node] as const)));
}
