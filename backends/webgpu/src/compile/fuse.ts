// Fusion: which values of a graph stand in memory, which are expressions inside the kernels that use them, and which
// elementwise work a kernel does on its results before it stores them.
import { type Graph, type HostTensor, type Node, numel, producers, type Value } from "@cambium/ir";
import type { InlineLowering, KernelLowering, Lowering } from "../lower/lowering.js";
import { isLiteral } from "../lower/views.js";

/** One thing to run: a node with kernels of its own, or a kernel that computes expressions of one size into memory. */
export type Step =
  | { readonly kind: "nodes"; readonly nodes: readonly Node[]; readonly lowering: KernelLowering }
  | { readonly kind: "expressions"; readonly roots: readonly Value[] };

export interface Fusion {
  readonly steps: readonly Step[];
  /** How a value that stands in no memory is computed; undefined for one in memory. */
  expression(value: Value): { readonly node: Node; readonly lowering: InlineLowering } | undefined;
  /** How a value is computed that is stored from an expression, or is one. */
  maker(value: Value): { readonly node: Node; readonly lowering: InlineLowering } | undefined;
  /** The value whose memory `value` is: itself, or what it is a reshape of. */
  home(value: Value): Value;
  /** What is stored where a kernel produces `value`: the value itself, or the end of the elementwise work fused onto it. */
  stored(value: Value): Value;
  /** Values in memory that computing `value` reads, when `value` is an expression. */
  leaves(value: Value): readonly Value[];
  /** Where in the model `value` is made. */
  scope(value: Value): string | undefined;
}

/** An expression beyond these is cut: its parts go to memory. */
const limits = { ops: 48, leaves: 5, sharedOps: 8, stretchedOps: 2 };
export interface FuseOptions {
  /** Buffers that one kernel may bind. */
  readonly maxBuffers: number;
  /** Nodes onto whose results nothing may be fused. */
  readonly plain?: ReadonlySet<Node>;
}

export function fuse(
  graph: Graph,
  loweringOf: (node: Node) => Lowering,
  { maxBuffers, plain = new Set() }: FuseOptions,
): Fusion {
  const producer = producers(graph);
  const order = new Map(graph.nodes.map((node, i) => [node, i]));
  const consumers = new Map<number, Node[]>();
  for (const node of graph.nodes) {
    for (const { id } of new Set(node.inputs)) consumers.set(id, [...(consumers.get(id) ?? []), node]);
  }
  const outputs = new Set(graph.outputs.map(({ value }) => value.id));
  const inlineOf = (value: Value): { node: Node; lowering: InlineLowering } | undefined => {
    const node = producer.get(value.id);
    if (!node) return undefined;
    const lowering = loweringOf(node);
    if (lowering.kind !== "inline") return undefined;
    if (node.op.name === "constant" && !isLiteral(node.attrs["value"] as HostTensor)) return undefined;
    return { node, lowering };
  };
  const home = (value: Value): Value => {
    const node = producer.get(value.id);
    return node?.op.name === "reshape" ? home(node.inputs[0] as Value) : value;
  };

  /** Expressions that are put into memory after all. */
  const rooted = new Set<number>();
  const costs = new Map<number, { ops: number; leaves: ReadonlySet<Value> }>();
  const isExpression = (value: Value) => inlineOf(value) !== undefined && !rooted.has(value.id);
  const root = (value: Value) => {
    const at = home(value);
    if (inlineOf(at)) rooted.add(at.id);
  };
  const costOf = (value: Value): { ops: number; leaves: ReadonlySet<Value> } => {
    const at = home(value);
    if (!isExpression(at)) return { ops: 0, leaves: new Set([at]) };
    const known = costs.get(at.id);
    if (known) return known;
    const cost = madeOf((inlineOf(at) as { node: Node }).node);
    costs.set(at.id, cost);
    return cost;
  };
  /** The cost of computing what the node makes, whether or not that goes to memory. */
  const madeOf = (node: Node): { ops: number; leaves: ReadonlySet<Value> } => {
    const parts = node.inputs.map(costOf);
    const own = (loweringOf(node) as InlineLowering).view ? 0 : 1;
    return {
      ops: parts.reduce((sum, { ops }) => sum + ops, own),
      leaves: new Set(parts.flatMap(({ leaves }) => [...leaves])),
    };
  };

  for (const node of graph.nodes) {
    const lowering = loweringOf(node);
    if (lowering.kind === "kernels" && !lowering.expressions) for (const input of node.inputs) root(input);
  }
  for (const { value } of graph.outputs) root(value);
  for (const node of graph.nodes) {
    for (const value of node.outputs) {
      if (!inlineOf(value) || node.op.name === "reshape") continue;
      for (const input of node.inputs) {
        const stretched = numel(value.type.shape) > 4 * numel(input.type.shape);
        if (stretched && costOf(input).ops > limits.stretchedOps) root(input);
      }
      while (madeOf(node).leaves.size > limits.leaves) {
        const [widest] = node.inputs
          .filter((input) => isExpression(home(input)))
          .sort((a, b) => leafCount(b) - leafCount(a));
        if (!widest || leafCount(widest) <= 1) break;
        root(widest);
        costs.delete(value.id);
      }
      const { ops } = madeOf(node);
      const shared = readers(value).length > 1;
      if (ops > limits.ops || (shared && ops > limits.sharedOps)) rooted.add(value.id);
    }
  }

  function leafCount(value: Value): number {
    return costOf(value).leaves.size;
  }

  /** Nodes that read the value, through reshapes. */
  function readers(value: Value): Node[] {
    return (consumers.get(value.id) ?? []).flatMap((node) =>
      node.op.name === "reshape" ? readers(node.outputs[0] as Value) : [node],
    );
  }
  const isOutput = (value: Value): boolean =>
    outputs.has(value.id) ||
    (consumers.get(value.id) ?? []).some((node) => node.op.name === "reshape" && isOutput(node.outputs[0] as Value));

  /** The end of the elementwise work that may follow a kernel's result element by element. */
  const epilogues = new Map<number, Value>();
  const fused = new Set<number>();
  for (const node of graph.nodes) {
    const made = loweringOf(node);
    if (made.kind !== "kernels" || made.closed || plain.has(node)) continue;
    for (const value of node.outputs) {
      const path = pathOf(node, value);
      const end = path.at(-1);
      if (end === undefined) continue;
      epilogues.set(value.id, end);
      for (const { id } of path) fused.add(id);
      rooted.add(end.id);
      break; // The kernel now stands where its work ends; a second end could stand elsewhere.
    }
  }

  /** The results of the elementwise nodes that can follow `value` in its kernel. */
  function pathOf(node: Node, value: Value): Value[] {
    let current = value;
    const path: Value[] = [];
    const buffers = new Set<Value>([...node.inputs.map(home), ...node.outputs]);
    while (!isOutput(current)) {
      const next = readers(current);
      const [reader] = next;
      if (!reader || next.length !== 1) break;
      const lowering = loweringOf(reader);
      const [result] = reader.outputs as readonly [Value];
      if (lowering.kind !== "inline" || !lowering.pointwise || fused.has(result.id)) break;
      if (numel(result.type.shape) !== numel(value.type.shape)) break;
      // What is rounded to f16 stays so in memory: it is widened where it is read.
      if (current.type.dtype === "f16" && result.type.dtype !== "f16") break;
      const others = reader.inputs.filter((input) => home(input) !== home(current));
      if (others.length !== reader.inputs.length - 1) break;
      for (const other of others) for (const leaf of costOf(other).leaves) buffers.add(leaf);
      if (buffers.size > maxBuffers) break;
      if (costOf(result).ops > limits.ops) break;
      current = result;
      path.push(result);
      if (rooted.has(result.id)) break;
    }
    if (path.length === 0) return path;
    const at = order.get(producer.get(current.id) as Node) as number;
    const others = node.outputs.filter((output) => output !== value);
    const early = others.some((other) => readers(other).some((reader) => (order.get(reader) as number) < at));
    return early ? [] : path;
  }

  const covered = new Set([...epilogues.values()].map(({ id }) => id));
  const places: { at: number; step: Step }[] = [];
  graph.nodes.forEach((node, i) => {
    const lowering = loweringOf(node);
    if (lowering.kind === "kernels") {
      const ends = node.outputs.flatMap(({ id }) => epilogues.get(id) ?? []);
      const at = Math.max(i, ...ends.map(({ id }) => order.get(producer.get(id) as Node) as number));
      places.push({ at, step: { kind: "nodes", nodes: [node], lowering } });
    }
    for (const value of node.outputs) {
      if (rooted.has(value.id) && !covered.has(value.id) && home(value) === value)
        places.push({ at: i, step: { kind: "expressions", roots: [value] } });
    }
  });
  places.sort((a, b) => a.at - b.at);

  const leaves = (value: Value): readonly Value[] => {
    const made = inlineOf(value);
    if (!made) return [];
    const found = new Set<Value>();
    const look = (input: Value): void => {
      const at = home(input);
      const inner = inlineOf(at);
      if (inner && !rooted.has(at.id)) inner.node.inputs.forEach(look);
      else if (!epilogueInner.has(at.id)) found.add(at);
    };
    made.node.inputs.forEach(look);
    return [...found];
  };
  /** Kernel results that never reach memory: their fused end does. */
  const epilogueInner = new Set(epilogues.keys());

  return {
    steps: merge(
      places.map(({ step }) => step),
      leaves,
      maxBuffers,
      (value) => value.type.dtype === "f16" && leaves(value).every((leaf) => !producer.has(leaf.id)),
    ),
    expression: (value) => {
      const made = inlineOf(value);
      if (!made || rooted.has(value.id)) return undefined;
      // A reshape of something in memory is that memory; one of a result on its way there is where it is computed.
      const ends = made.node.op.name === "reshape" && !isExpression(home(value)) && !epilogueInner.has(home(value).id);
      return ends ? undefined : made;
    },
    maker: inlineOf,
    home,
    stored: (value) => epilogues.get(value.id) ?? value,
    leaves,
    scope: (value) => producer.get(value.id)?.scope,
  };
}

/**
 * Joins neighbours that one kernel can do: expressions of one size while their buffers fit, nodes that say so.
 * @param early whether a value may as well be computed earlier: weights rounded to f16, which many kernels would do one by
 *   one
 */
function merge(
  steps: readonly Step[],
  leaves: (value: Value) => readonly Value[],
  maxBuffers: number,
  early: (value: Value) => boolean,
): Step[] {
  const merged: Step[] = [];
  /** Whether `step` went into the one at `at`. */
  const joined = (step: Step, at: number): boolean => {
    const before = merged[at];
    if (step.kind !== "expressions" || before?.kind !== "expressions") return false;
    const roots = [...before.roots, ...step.roots];
    const sizes = new Set(roots.map(({ type }) => numel(type.shape)));
    const read = new Set(roots.flatMap(leaves));
    const fits = sizes.size === 1 && read.size + roots.length <= maxBuffers && !roots.some((one) => read.has(one));
    if (fits) merged[at] = { kind: "expressions", roots };
    return fits;
  };
  const isEarly = (step: Step) => step.kind === "expressions" && step.roots.every(early);
  for (const step of steps) {
    const last = merged.at(-1);
    if (joined(step, merged.length - 1)) continue;
    if (isEarly(step) && merged.some((before, at) => isEarly(before) && joined(step, at))) continue;
    if (step.kind === "nodes" && last?.kind === "nodes") {
      const [before, node] = [last.nodes.at(-1) as Node, step.nodes[0] as Node];
      if (before.op === node.op && step.lowering.joins?.(before, node)) {
        merged[merged.length - 1] = { ...last, nodes: [...last.nodes, node] };
        continue;
      }
    }
    merged.push(step);
  }
  return merged;
}
