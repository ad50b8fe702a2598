// What the tests of adapters run in a page.
import { requestGpu } from "../../src/gpu/adapter.js";
import { probe as probeGpu } from "../../src/gpu/probe.js";

/** Opens a device by `choice`, and says what it got. */
export async function open(choice?: string): Promise<object> {
  const { source, adapter, device, features, limits } = await requestGpu(choice);
  device.destroy();
  return { source, adapter, features: [...features], limits };
}

export const probe = () => probeGpu();
