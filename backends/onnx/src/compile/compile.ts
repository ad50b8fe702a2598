// From a graph to a plan: optimise, fuse, cut into segments, lower each, place every value.
import {
  type AdamWAttrs,
  checkGraph,
  type Graph,
  liveness,
  type Node,
  type Op,
  optimize,
  producers,
  type Value,
} from "@cambium/ir";
import { fuseComposites, fuseNodes, matched } from "../fuse/fuse.js";
import { hasLowering } from "../lower/index.js";
import type { KernelCall, KernelStep, Plan, Slot, Step } from "../plan.js";
import { isKernel, partition } from "./partition.js";
import { sessionStep } from "./session-step.js";
import { place, SlotTable } from "./slots.js";

export interface Compiled {
  readonly plan: Plan;
  readonly nodes: number;
  readonly plannedBytes: number;
}

/** @throws CambiumError `E_UNSUPPORTED` naming an op this backend does not know. */
export function compileGraph(source: Graph): Compiled {
  const graph = prepare(source);
  const table = new SlotTable();
  for (const { value } of graph.inputs) table.of(value);
  const steps = segmentSteps(graph, table);
  for (const { value } of graph.outputs) table.of(value);
  const plan = { ...place(graph, table, steps), steps };
  const nodes = steps.reduce((sum, step) => sum + (step.kind === "session" ? step.nodes : 1), 0);
  return { plan, nodes, plannedBytes: liveness(graph).peakBytes };
}

/** The graph that is lowered. `verify` checks it after every pass, for tests. */
export function prepare(source: Graph, verify = false): Graph {
  const lowered = (op: Op, node: Node) => hasLowering(op) || isKernel(node);
  const whole = optimize(source, { keep: (op, node) => lowered(op, node) || matched.includes(op.name), verify });
  const graph = fuseNodes(optimize(fuseComposites(whole), { keep: lowered, verify }));
  if (verify) checkGraph(graph, "after fusing");
  return graph;
}

function segmentSteps(graph: Graph, table: SlotTable): Step[] {
  const segments = partition(graph);
  const producer = producers(graph);
  const readers = new Map<number, Node[]>();
  for (const node of graph.nodes) for (const { id } of node.inputs) readers.set(id, [...(readers.get(id) ?? []), node]);
  const outputs = new Set(graph.outputs.map(({ value }) => value.id));
  return segments.flatMap(({ kind, nodes }): Step[] => {
    if (kind === "kernels") return [kernelStep(nodes, (value) => table.of(value))];
    const own = new Set(nodes);
    const remade = (id: number) => producer.get(id)?.inputs.length === 0;
    const escapes = (id: number) =>
      outputs.has(id) || (readers.get(id) ?? []).some((node) => !own.has(node) && (isKernel(node) || !remade(id)));
    const useful = nodes.some((node) => node.outputs.some(({ id }) => escapes(id)));
    if (!useful) return [];
    const around = {
      producer: (id: number) => producer.get(id),
      escapes,
      readWithin: (id: number, some: ReadonlySet<Node>) => (readers.get(id) ?? []).some((node) => some.has(node)),
      read: (id: number) => outputs.has(id) || readers.has(id),
    };
    return [sessionStep(nodes, around, table)];
  });
}

function kernelStep(nodes: readonly Node[], slot: (value: Value) => Slot): KernelStep {
  const calls = nodes.map(({ op, inputs, outputs, attrs }): KernelCall => {
    const [first, second, third] = outputs.map(slot) as [Slot, Slot, Slot];
    if (op.name === "clipByGlobalNorm") {
      return {
        op: "clipByGlobalNorm",
        grads: inputs.map(slot),
        scale: first,
        norm: second,
        maxNorm: attrs["maxNorm"] as number,
      };
    }
    const [param, grad, m, v, gradScale, lr, step] = inputs.map(slot) as [Slot, Slot, Slot, Slot, Slot, Slot, Slot];
    const given = attrs as unknown as Required<AdamWAttrs>;
    return { op: "adamw", inputs: [param, grad, m, v], outputs: [first, second, third], gradScale, lr, step, ...given };
  });
  return { kind: "kernels", calls };
}
