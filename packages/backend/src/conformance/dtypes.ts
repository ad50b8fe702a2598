// Cases with a dtype that not every device accepts. If a device does not, its refusal is tested instead.
import type { Graph } from "@cambium/ir";
import type { Device } from "../contract.js";
import { assertRejects } from "./agree.js";

/**
 * Whether the device accepts every dtype in `graph`.
 * @throws Error if it does not, and fails to refuse the graph with the dtype's name.
 */
export async function accepts(device: Device, graph: Graph): Promise<boolean> {
  const values = [...graph.inputs.map(({ value }) => value), ...graph.nodes.flatMap(({ outputs }) => outputs)];
  const foreign = values.find(({ type }) => !device.info.accepts.includes(type.dtype));
  if (foreign) await assertRejects(device.compile(graph), "E_UNSUPPORTED", foreign.type.dtype);
  return foreign === undefined;
}
