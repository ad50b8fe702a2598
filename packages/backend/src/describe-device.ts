// A device as people read it.
import type { DeviceInfo } from "./contract.js";

/** What computes, and how it is set. */
export function describeDevice({ device, settings }: DeviceInfo): string {
  return settings === undefined ? device : `${device}, ${settings}`;
}
