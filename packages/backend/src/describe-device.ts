// A device's text for people.
import type { DeviceInfo } from "./contract.js";

/** The device and its settings. */
export function describeDevice({ device, settings }: DeviceInfo): string {
  return settings === undefined ? device : `${device}, ${settings}`;
}
