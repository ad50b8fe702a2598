// Cases with a dtype that not every device accepts: if the device does not, the refusal is tested instead.
import type { Graph } from "@cambium/ir";
import type { Device } from "../contract.js";
import { assertRejects } from "./agree.js";

/**
 * Whether the device accepts every dtype in `graph`. A device that does not must refuse the graph and name the dtype.
 * @throws Error unless it does
 */
export async function accepts(device: Device, graph: Graph): Promise<boolean> {
  const values = [...graph.inputs.map(({ value }) => value), ...graph.nodes.flatMap(({ outputs }) => outputs)];
  const foreign = values.find(({ type }) => !device.info.accepts.includes(type.dtype));
  if (foreign) await assertRejects(device.compile(graph), "E_UNSUPPORTED", foreign.type.dtype);
  return foreign === undefined;
}
