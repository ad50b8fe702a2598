// A conformance case: something that a device must do. It does not depend on a test runner.
import type { DType } from "@cambium/ir";
import type { Device } from "../contract.js";

/**
 * `contract`: handles, errors, ownership. `values`: every op's samples, and edge cases of sizes and shapes.
 * `gradients`: the differentiated samples. `training`: a small transformer trained for ten steps.
 */
export type ConformancePart = "contract" | "values" | "gradients" | "training";

export interface ConformanceCase {
  readonly part: ConformancePart;
  /** The op that it tests, if it tests one. */
  readonly op?: string;
  /** The dtypes of that op's inputs and outputs, if the case is one of its samples. */
  readonly dtypes?: readonly DType[];
  readonly name: string;
  /** Rejects if the device does not conform. */
  run(device: Device, open: () => Promise<Device>): Promise<void>;
}

/** A case of the part `contract`. */
export function contractCase(name: string, run: ConformanceCase["run"]): ConformanceCase {
  return { part: "contract", name, run };
}

/**
 * Runs one case on an open device. `open` opens another device.
 * @throws Error if the case fails, or leaves a tensor or an executable on the device.
 */
export async function runCase(
  conformanceCase: ConformanceCase,
  device: Device,
  open: () => Promise<Device>,
): Promise<void> {
  const before = await device.memory();
  await conformanceCase.run(device, open);
  const after = await device.memory();
  for (const count of ["tensors", "bytes", "executables"] as const) {
    if (after[count] !== before[count]) throw new Error(`left on the device: ${after[count] - before[count]} ${count}`);
  }
}
