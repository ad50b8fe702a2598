// Traits of devices, for tests that need no device.
import type { DeviceTraits } from "../../src/lower/traits.js";

/** What a desktop GPU and SwiftShader offer; `kind` chooses the family of kernels. */
export function traitsOf(kind: DeviceTraits["kind"], changes: Partial<DeviceTraits> = {}): DeviceTraits {
  return {
    kind,
    subgroups: kind === "cpu",
    subgroupSize: 0,
    maxInvocations: 256,
    maxWorkgroupBytes: 32_768,
    maxStorageBuffers: 8,
    maxBindingBytes: 1 << 28,
    numbers: "uniform",
    ...changes,
  };
}

/**
 * The arguments of a title for each variant of the reducing kernels: their family, and the subgroups they may use.
 */
export const reducers = [
  ["gpu", 0],
  ["gpu", 4],
  ["cpu", 0],
] as const;
