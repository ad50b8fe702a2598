// Training states to the bit.

import type { HostTensor } from "@cambium/ir";
import type { TrainingState } from "@cambium/model";
import { flattenState } from "../../src/index.js";

/** Every tensor's bits in hexadecimal, by name: equal exactly where the states are, signs of zero and NaN included. */
export function bits(state: TrainingState): Record<string, string> {
  return {
    updates: String(state.updates),
    lossScale: JSON.stringify(state.lossScale),
    ...Object.fromEntries(Object.entries(flattenState(state)).map(([name, tensor]) => [name, tensorBits(tensor)])),
  };
}

export function tensorBits({ dtype, shape, data }: HostTensor): string {
  return `${dtype}[${shape}] ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex")}`;
}
