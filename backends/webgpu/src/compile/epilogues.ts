// Epilogues: elementwise work that a kernel does on its results before it stores them, such as a residual connection.
import { type Node, numel, type Value } from "@cambium/ir";
import { type Expressions, expressionLimits } from "./expressions.js";
import type { GraphView } from "./graph-view.js";

export interface EpilogueOptions {
  /** Buffers that one kernel may bind. */
  readonly maxBuffers: number;
  /** Nodes onto whose results nothing may be fused. */
  readonly plain: ReadonlySet<Node>;
}

/** By the id of a kernel's result, the end of the work fused onto it. The ends are put into memory. */
export function findEpilogues(
  view: GraphView,
  expressions: Expressions,
  { maxBuffers, plain }: EpilogueOptions,
): Map<number, Value> {
  const ends = new Map<number, Value>();
  const fused = new Set<number>();
  for (const node of view.graph.nodes) {
    const lowering = view.loweringOf(node);
    if (lowering.kind !== "kernels" || lowering.closed || plain.has(node)) continue;
    for (const value of node.outputs) {
      const path = pathOf(node, value, { view, expressions, maxBuffers, fused });
      const end = path.at(-1);
      if (end === undefined) continue;
      ends.set(value.id, end);
      for (const { id } of path) fused.add(id);
      expressions.store(end);
      break; // The kernel now runs where its epilogue ends; a second one could end elsewhere.
    }
  }
  return ends;
}

interface Search {
  readonly view: GraphView;
  readonly expressions: Expressions;
  readonly maxBuffers: number;
  /** Ids of the values that are already part of an epilogue. */
  readonly fused: ReadonlySet<number>;
}

/** The results of the elementwise nodes that can follow `value` in the kernel of `node`. */
function pathOf(node: Node, value: Value, search: Search): Value[] {
  const { view, expressions, maxBuffers } = search;
  const path: Value[] = [];
  const buffers = new Set<Value>([...node.inputs.map((input) => view.home(input)), ...node.outputs]);
  for (let current = value; ; ) {
    const next = followerOf(current, value, search);
    if (!next) break;
    for (const other of next.others) for (const leaf of expressions.cost(other).leaves) buffers.add(leaf);
    if (buffers.size > maxBuffers) break;
    if (expressions.cost(next.result).ops > expressionLimits.ops) break;
    current = next.result;
    path.push(current);
    if (expressions.isStored(current)) break;
  }
  return isReadEarly(node, value, path.at(-1), view) ? [] : path;
}

/** The result of the one node that reads `current` element by element, and the inputs it reads besides. */
function followerOf(
  current: Value,
  value: Value,
  { view, fused }: Search,
): { readonly result: Value; readonly others: readonly Value[] } | undefined {
  if (view.isOutput(current)) return undefined;
  const [reader, ...more] = view.readers(current);
  if (!reader || more.length > 0) return undefined;
  const lowering = view.loweringOf(reader);
  const [result] = reader.outputs as readonly [Value];
  if (lowering.kind !== "inline" || !lowering.pointwise || fused.has(result.id)) return undefined;
  if (numel(result.type.shape) !== numel(value.type.shape)) return undefined;
  // A value that is rounded to f16 stays f16 in memory and is widened where it is read.
  if (current.type.dtype === "f16" && result.type.dtype !== "f16") return undefined;
  const others = reader.inputs.filter((input) => view.home(input) !== view.home(current));
  return others.length === reader.inputs.length - 1 ? { result, others } : undefined;
}

/** Whether another result of the node is read before the node where the epilogue ends, and with it the kernel, runs. */
function isReadEarly(node: Node, value: Value, end: Value | undefined, view: GraphView): boolean {
  const last = end && view.producer(end);
  if (!last) return false;
  const others = node.outputs.filter((output) => output !== value);
  return others.some((other) => view.readers(other).some((reader) => view.position(reader) < view.position(last)));
}
