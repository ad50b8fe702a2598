// A base model on a device and the model it would grow into, which shares the base's tensors and is not stored.
import type { Device, DeviceTensor } from "@cambium/backend";
import type { ModelDirectory } from "@cambium/checkpoint";
import type { GrowthPlan } from "@cambium/growth";
import { CambiumError, type HostTensor } from "@cambium/ir";
import { maskValue, maskValuesName, parameterTable, unfitTensors } from "@cambium/model";
import { growParameters } from "../device/parameters.js";

/** Inputs of a model's graphs by name. */
type Weights = Record<string, DeviceTensor | HostTensor>;

export interface VirtualModel {
  readonly base: Weights;
  /** Copied tensors are the base's own; the device computes the others. */
  readonly grown: Weights;
}

/**
 * Puts the weights in `directory`, and what `plan` makes of them, on `device`, in f32. Masks have their values right
 * after growth.
 * @throws CambiumError `E_GROWTH_SOURCE` naming every tensor that does not fit; as `growParameters`.
 */
export async function virtualModel(
  device: Device,
  directory: ModelDirectory,
  plan: GrowthPlan,
  onProgress: (done: number, total: number) => void,
): Promise<VirtualModel> {
  requireTensors(directory, plan);
  const table = parameterTable(plan.base);
  const base: Record<string, DeviceTensor> = {};
  let done = 0;
  for (const { name } of table) {
    base[name] = await device.upload(await directory.read(name, "f32"));
    onProgress(++done, table.length);
  }
  const grown: Weights = await growParameters(device, plan, base);
  if (plan.phase.masks.length > 0) {
    const data = Float32Array.from(plan.phase.masks, (mask) => maskValue(mask, 0));
    grown[maskValuesName] = { dtype: "f32", shape: [data.length], data };
  }
  return { base, grown };
}

function requireTensors({ tensors, path }: ModelDirectory, plan: GrowthPlan): void {
  const reasons = unfitTensors(plan.base, tensors);
  if (reasons.length === 0) return;
  throw new CambiumError("E_GROWTH_SOURCE", "the tensors of the base do not fit its config", { where: path, reasons });
}
