// Reads every value of one step from the device. Each node is then checked alone, on the inputs that the device itself
// computed, so the first node that is off is the fault, not a consequence of one.
import type { Device, Executable } from "@cambium/backend";
import { type Comparison, compare } from "@cambium/backend/conformance/cases";
import {
  applyReference,
  byteLength,
  type Expectation,
  expectNode,
  type Graph,
  type Node,
  primitives,
  type RefTensor,
  refTensor,
} from "@cambium/ir";
import type { Tensors } from "./subject.js";

/** Most bytes of values fetched in one run. */
const mostBytes = 256 * 2 ** 20;

/** The check of one node on the device's own inputs. */
export interface NodeCheck {
  readonly node: Node;
  /** Index of the output furthest off. */
  readonly output: number;
  readonly comparison: Comparison;
}

/** The device's values by id. */
export type Values = Map<number, RefTensor>;

/** Runs `graph` with every node's outputs as graph outputs, in as many runs as memory needs. */
export async function deviceValues(device: Device, graph: Graph, inputs: Tensors): Promise<Values> {
  const values: Values = new Map();
  for (const { name, value } of graph.inputs) {
    const held = inputs[name];
    if (held) values.set(value.id, refTensor(held));
  }
  for (const group of groups(graph)) {
    const outputs = group.flatMap((node) => node.outputs).map((value) => ({ name: `%${value.id}`, value }));
    const executable: Executable = await device.compile({ ...graph, outputs });
    try {
      const { fetched } = await executable.run(inputs, { fetch: outputs.map(({ name }) => name) });
      const got = await fetched;
      for (const { name, value } of outputs) {
        const host = got[name];
        if (host) values.set(value.id, refTensor(host));
      }
    } finally {
      executable.dispose();
    }
  }
  return values;
}

/** The nodes to fetch in each run, in order, without constants. */
function groups({ nodes }: Graph): Node[][] {
  const found: Node[][] = [];
  let held = Number.POSITIVE_INFINITY;
  for (const node of nodes) {
    if (isConstant(node)) continue;
    const bytes = node.outputs.reduce((sum, { type }) => sum + byteLength(type), 0);
    if (held + bytes > mostBytes) {
      found.push([]);
      held = 0;
    }
    held += bytes;
    found.at(-1)?.push(node);
  }
  return found;
}

/** Checks each node on the device's values, in order. Adds constants to `values`. */
export function* checkNodes({ nodes }: Graph, values: Values): Generator<NodeCheck> {
  for (const node of nodes) {
    if (isConstant(node)) {
      applyReference(node, [], "f64").forEach((x, i) => values.set(node.outputs[i]?.id as number, x));
      continue;
    }
    const inputs = node.inputs.map(({ id }) => values.get(id) as RefTensor);
    yield worst(node, expectNode(node, inputs), values);
  }
}

function worst(node: Node, expected: readonly Expectation[], values: Values): NodeCheck {
  const checks = expected.map(({ exact, allowed }, output) => {
    const got = values.get(node.outputs[output]?.id as number) as RefTensor;
    return { node, output, comparison: compare(got, exact, allowed) };
  });
  const [first, ...rest] = checks as [NodeCheck, ...NodeCheck[]];
  return rest.reduce((a, b) => (b.comparison.share > a.comparison.share ? b : a), first);
}

function isConstant(node: Node): boolean {
  return primitives.constant.is(node);
}
