// From a graph to a plan: optimise, fuse, cut into segments, lower each, place every value.
import type { Engaged } from "@cambium/backend";
import {
  adamw,
  checkGraph,
  clipByGlobalNorm,
  type Graph,
  liveness,
  type Node,
  type Op,
  optimize,
  scatterAdd,
  Uses,
  type Value,
} from "@cambium/ir";
import { fuseComposites, fuseNodes, matched } from "../fuse/fuse.js";
import { attention, attentionGrad } from "../fuse/ops/attention.js";
import { isWhole } from "../lower/attention.js";
import { hasLowering } from "../lower/index.js";
import { rowsMultiplied } from "../lower/matmul.js";
import type { KernelCall, KernelStep, Plan, PlanStep, Slot } from "../plan.js";
import { isKernelOnly, kernelNodes, partition } from "./partition.js";
import { sessionStep } from "./session-step.js";
import { place, SlotTable } from "./slots.js";

export interface Compiled {
  readonly plan: Plan;
  readonly nodes: number;
  readonly plannedBytes: number;
  /** See `Engaged.attention`. */
  readonly attention: Engaged["attention"];
}

const none: ReadonlySet<string> = new Set();

export interface CompileOptions {
  /** Threads that will run it. They decide nothing that changes bits. */
  readonly threads?: number;
  /** Names of the inputs that are the same in every run. */
  readonly fixed?: ReadonlySet<string>;
}

/** @throws CambiumError `E_UNSUPPORTED` with an op that this backend does not know. */
export function compileGraph(source: Graph, { threads = 1, fixed = none }: CompileOptions = {}): Compiled {
  const graph = prepare(source, threads);
  const table = new SlotTable();
  for (const { value } of graph.inputs) table.of(value);
  const steps = segmentSteps(graph, table, fixed);
  for (const { value } of graph.outputs) table.of(value);
  const plan = { ...place(graph, table, steps, fixed), steps };
  const nodes = steps.reduce((sum, step) => sum + (step.kind === "session" ? step.nodes : 1), 0);
  return { plan, nodes, plannedBytes: liveness(graph).peakBytes, attention: attentionOf(graph) };
}

function attentionOf(graph: Graph): Engaged["attention"] {
  const attends = graph.nodes.filter((node) => attention.is(node) || attentionGrad.is(node));
  if (attends.length === 0) return undefined;
  const uses = new Uses(graph);
  const read = (id: number) => uses.isOutput(id) || uses.readers(id).length > 0;
  return attends.every((node) => attention.is(node) && isWhole(node, read)) ? "fused" : "composed";
}

/** The graph that is lowered. `verify` checks it after every pass, for tests. */
export function prepare(source: Graph, threads = 1, verify = false): Graph {
  const lowered = (op: Op, node: Node) => hasLowering(op) || isKernelOnly(node);
  const whole = optimize(source, { keep: (op, node) => lowered(op, node) || matched.includes(op.name), verify });
  const graph = fuseNodes(optimize(fuseComposites(whole), { keep: lowered, verify }), threads);
  if (verify) checkGraph(graph, "after fusing");
  return graph;
}

function segmentSteps(graph: Graph, table: SlotTable, fixed: ReadonlySet<string>): PlanStep[] {
  const uses = new Uses(graph);
  const kernels = kernelNodes(graph, uses);
  const segments = partition(graph, kernels);
  const packed = packedInputs(graph, fixed);
  return segments.flatMap(({ kind, nodes }): PlanStep[] => {
    if (kind === "kernels") return [kernelStep(nodes, (value) => table.of(value))];
    const own = new Set(nodes);
    const remade = (id: number) => uses.producer(id)?.inputs.length === 0;
    const escapes = (id: number) =>
      uses.isOutput(id) || uses.readers(id).some((node) => !own.has(node) && (kernels.has(node) || !remade(id)));
    const useful = nodes.some((node) => node.outputs.some(({ id }) => escapes(id)));
    if (!useful) return [];
    const around = {
      producer: (id: number) => uses.producer(id),
      escapes,
      readWithin: (id: number, some: ReadonlySet<Node>) => uses.readers(id).some((node) => some.has(node)),
      readOnce: (id: number) => !uses.isOutput(id) && uses.readers(id).length === 1,
      read: (id: number) => uses.isOutput(id) || uses.readers(id).length > 0,
      packed: (id: number) => packed.has(id),
    };
    return [sessionStep(nodes, around, table)];
  });
}

/**
 * The fixed inputs, by id, that products read as initializers. ONNX Runtime packs an initializer when the session is
 * created, and multiplies one row with it half as fast again as with any other matrix. With many rows the gain is small
 * and the copy not worth its memory: then there are none.
 */
function packedInputs(graph: Graph, fixed: ReadonlySet<string>): ReadonlySet<number> {
  const ids = new Set(graph.inputs.flatMap(({ name, value }) => (fixed.has(name) ? [value.id] : [])));
  const readers = graph.nodes.filter(({ inputs: [, b] }) => b && ids.has(b.id));
  return readers.some((node) => rowsMultiplied(node) > 1) ? new Set() : ids;
}

function kernelStep(nodes: readonly Node[], slot: (value: Value) => Slot): KernelStep {
  const calls = nodes.map((node): KernelCall => {
    const { inputs, outputs } = node;
    const [first, second, third] = outputs.map(slot) as [Slot, Slot, Slot];
    if (scatterAdd.is(node)) {
      const [updates, indices] = inputs.map(slot) as [Slot, Slot];
      return { op: "scatterAdd", updates, indices, sums: first };
    }
    if (clipByGlobalNorm.is(node)) {
      return {
        op: "clipByGlobalNorm",
        grads: inputs.map(slot),
        scale: first,
        norm: second,
        maxNorm: clipByGlobalNorm.attrsOf(node).maxNorm,
      };
    }
    const [param, grad, m, v, gradScale, lr, step] = inputs.map(slot) as [Slot, Slot, Slot, Slot, Slot, Slot, Slot];
    const given = adamw.attrsOf(node);
    return { op: "adamw", inputs: [param, grad, m, v], outputs: [first, second, third], gradScale, lr, step, ...given };
  });
  return { kind: "kernels", calls };
}
