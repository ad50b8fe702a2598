// Cases with a dtype that not every device computes: where it does not, the refusal is what is tested.
import type { Graph } from "@cambium/ir";
import type { Device } from "../contract.js";
import { assertRejects } from "./agree.js";

/**
 * Whether the device computes all dtypes of `graph`. One that does not must refuse the graph and name the dtype.
 * @throws Error unless it does
 */
export async function computes(device: Device, graph: Graph): Promise<boolean> {
  const values = [...graph.inputs.map(({ value }) => value), ...graph.nodes.flatMap(({ outputs }) => outputs)];
  const foreign = values.find(({ type }) => !device.info.dtypes.includes(type.dtype));
  if (foreign) await assertRejects(device.compile(graph), "E_UNSUPPORTED", foreign.type.dtype);
  return foreign === undefined;
}
