// Steps: what runs in which order. Neighbours that one kernel can do become one step.
import { highest, type Node, numel, type Value } from "@cambium/ir";
import type { Expressions } from "./expressions.js";
import type { FusionStep } from "./fusion.js";
import type { GraphView } from "./graph-view.js";

/** One step for each node with kernels and for each stored expression. A kernel runs where its epilogue ends. */
export function orderSteps(
  view: GraphView,
  expressions: Expressions,
  epilogues: ReadonlyMap<number, Value>,
): FusionStep[] {
  const ends = new Set([...epilogues.values()].map(({ id }) => id));
  const placed: { readonly at: number; readonly step: FusionStep }[] = [];
  view.graph.nodes.forEach((node, i) => {
    const lowering = view.loweringOf(node);
    if (lowering.kind === "kernels") {
      const own = node.outputs.flatMap(({ id }) => epilogues.get(id) ?? []);
      const at = Math.max(i, highest(own.map((end) => view.position(view.producer(end) as Node))));
      placed.push({ at, step: { kind: "nodes", nodes: [node], lowering } });
    }
    for (const value of node.outputs) {
      if (expressions.isStored(value) && !ends.has(value.id) && view.home(value) === value)
        placed.push({ at: i, step: { kind: "expressions", roots: [value] } });
    }
  });
  return placed.sort((a, b) => a.at - b.at).map(({ step }) => step);
}

export interface MergeOptions {
  /** See `Fusion.leaves`. */
  leaves(value: Value): readonly Value[];
  /** Buffers that one kernel may bind. */
  readonly maxBuffers: number;
  /**
   * Whether a value may be computed earlier than where it first appears: weights rounded to f16, which would else take a
   * kernel each.
   */
  mayBeEarly(value: Value): boolean;
}

/** Joins neighbours that one kernel can do: expressions of one size while their buffers fit, and nodes that say so. */
export function mergeSteps(steps: readonly FusionStep[], options: MergeOptions): FusionStep[] {
  const merged: FusionStep[] = [];
  const isEarly = (step: FusionStep) => step.kind === "expressions" && step.roots.every(options.mayBeEarly);
  /** Whether `step` became part of the one at `at`. */
  const joins = (at: number, step: FusionStep): boolean => {
    const both = joined(merged[at], step, options);
    if (both) merged[at] = both;
    return both !== undefined;
  };
  for (const step of steps) {
    if (joins(merged.length - 1, step)) continue;
    if (isEarly(step) && merged.some((before, at) => isEarly(before) && joins(at, step))) continue;
    merged.push(step);
  }
  return merged;
}

/** One step that does both; undefined where one kernel cannot. */
function joined(
  before: FusionStep | undefined,
  step: FusionStep,
  { leaves, maxBuffers }: MergeOptions,
): FusionStep | undefined {
  if (before?.kind === "expressions" && step.kind === "expressions") {
    const roots = [...before.roots, ...step.roots];
    const sizes = new Set(roots.map(({ type }) => numel(type.shape)));
    const read = new Set(roots.flatMap(leaves));
    const fits = sizes.size === 1 && read.size + roots.length <= maxBuffers && !roots.some((root) => read.has(root));
    return fits ? { kind: "expressions", roots } : undefined;
  }
  if (before?.kind === "nodes" && step.kind === "nodes") {
    const [a, b] = [before.nodes.at(-1) as Node, step.nodes[0] as Node];
    const fits = a.op === b.op && step.lowering.joins?.(a, b);
    return fits ? { ...before, nodes: [...before.nodes, ...step.nodes] } : undefined;
  }
  return undefined;
}
