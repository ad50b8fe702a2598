// Lowers one segment to an ONNX model: values from other segments become inputs, values others need become outputs.
import { CambiumError, type Node, type Value } from "@cambium/ir";
import { loweringOf } from "../lower/index.js";
import { contextOf } from "../lower/lowering.js";
import { rowsMultiplied } from "../lower/matmul.js";
import { OnnxGraph } from "../onnx/graph.js";
import type { SessionStep, Slot } from "../plan.js";
import type { SlotTable } from "./slots.js";

/** What lowering a segment needs to know about the rest of the graph. */
export interface Surroundings {
  /** The node that defines a value; undefined for graph inputs. */
  readonly producer: (id: number) => Node | undefined;
  /** Whether a value is read outside the segment or is a graph output. */
  readonly escapes: (id: number) => boolean;
  /** Whether one of `nodes` reads a value. */
  readonly readWithin: (id: number, nodes: ReadonlySet<Node>) => boolean;
  /** Whether one node alone reads a value, and no output is it. */
  readonly readOnce: (id: number) => boolean;
  /** Whether any node or output reads a value at all. */
  readonly read: (id: number) => boolean;
  /** Whether a value is an input that products read as an initializer. */
  readonly packed: (id: number) => boolean;
}

export function sessionStep(nodes: readonly Node[], around: Surroundings, table: SlotTable): SessionStep {
  const graph = new OnnxGraph();
  const stopper = graph.sequenceOutput();
  const own = new Set(nodes);
  const names = new Map<number, string>();
  const feeds: Record<string, Slot> = {};
  const fetches: Record<string, Slot> = {};
  const packed: Record<string, Slot> = {};
  const overwrites: [Slot, Slot][] = [];

  const lower = (node: Node): void => {
    const context = contextOf(
      graph,
      node,
      node.inputs.map((value, at) => (packs(node, value, at) ? packedName(value) : nameOf(value))),
      node.outputs.map(({ id }) => around.read(id)),
    );
    const lowered = loweringOf(node)(context);
    const results = typeof lowered === "string" ? [lowered] : lowered;
    node.outputs.forEach(({ id }, i) => names.set(id, results[i] as string));
  };
  const nameOf = (value: Value): string => {
    const known = names.get(value.id);
    if (known !== undefined) return known;
    const producer = around.producer(value.id);
    // A node without inputs (a constant, iota) is repeated in each session that needs it instead of passed between
    // them.
    if (producer && !own.has(producer) && producer.inputs.length === 0) {
      lower(producer);
      return names.get(value.id) as string;
    }
    const name = `v${value.id}`;
    names.set(value.id, name);
    feeds[name] = table.of(value);
    graph.input(name, value.type);
    return name;
  };

  const packs = (node: Node, value: Value, at: number) =>
    at === 1 && around.packed(value.id) && rowsMultiplied(node) > 0;
  const packedName = (value: Value): string => {
    const name = `w${value.id}`;
    if (!Object.hasOwn(packed, name)) graph.external(name, value.type);
    packed[name] = table.of(value);
    return name;
  };

  for (const node of nodes) {
    lower(node);
    for (const { id } of node.outputs) {
      const name = names.get(id) as string;
      if (around.escapes(id) && name.startsWith("t") && !around.readWithin(id, own)) graph.await(name);
    }
  }
  const taken = new Set<string>();
  for (const value of nodes.flatMap(({ outputs }) => outputs)) {
    if (!around.escapes(value.id)) continue;
    let name = names.get(value.id) as string;
    // An output must be the result of a node and have one name: it cannot be an input, an initializer or another
    // output.
    if (!name.startsWith("t") || taken.has(name)) name = graph.node("Identity", [name]);
    taken.add(name);
    fetches[name] = table.of(value);
    graph.output(name, value.type);
  }
  for (const { op, inputs, outputs } of nodes) {
    const [old, next] = [inputs[0], outputs[0]];
    // ScatterElements copies nothing where its result lies over what it changes.
    if (op.name !== "replaceRow" || !old || !next || own.has(around.producer(old.id) as Node)) continue;
    if (around.escapes(next.id) && around.readOnce(old.id)) overwrites.push([table.of(next), table.of(old)]);
  }
  if (taken.size === 0) throw new CambiumError("E_GRAPH", "a segment computes nothing that is used");
  return { kind: "session", model: graph.encode(), nodes: graph.size, feeds, fetches, packed, overwrites, stopper };
}
