// A base model on a device and the model it would grow into, which shares the base's tensors and is nowhere else.
import type { Device, DeviceTensor } from "@cambium/backend";
import type { ModelDirectory } from "@cambium/checkpoint";
import { compilePlan, type GrowthPlan, sourcesOf } from "@cambium/growth";
import { CambiumError, type HostTensor } from "@cambium/ir";
import { maskValue, maskValuesName, parameterTable } from "@cambium/model";

/** Numbers computed at a time. */
const blockLength = 1 << 18;

/** Inputs of a model's graphs by name. */
type Weights = Record<string, DeviceTensor | HostTensor>;

export interface VirtualModel {
  readonly base: Weights;
  /** A tensor that is copied is the base's own; what the plan computes is computed here and put on the device. */
  readonly grown: Weights;
}

/**
 * Puts the weights in `directory`, and what `plan` makes of them, on `device`, in f32. Masks stand where they are right
 * after growth.
 * @throws CambiumError `E_GROWTH_SOURCE` naming every tensor that does not fit; as `compilePlan`.
 */
export async function virtualModel(
  device: Device,
  directory: ModelDirectory,
  plan: GrowthPlan,
  onProgress: (done: number, total: number) => void,
): Promise<VirtualModel> {
  requireTensors(directory, plan);
  const table = parameterTable(plan.base);
  const computed = Object.values(plan.tensors).filter(({ kind }) => kind !== "copy");
  const kept = new Set(computed.flatMap(sourcesOf));
  const held = new Map<string, HostTensor<"f32">>();
  const compiled = compilePlan(plan, {
    read: (name, start, end) => {
      const { shape, data } = held.get(name) as HostTensor<"f32">;
      const width = data.length / (shape[0] as number);
      return Float64Array.from(data.subarray(start * width, end * width));
    },
  });
  const total = table.length + computed.length;
  let done = 0;
  const base: Record<string, DeviceTensor> = {};
  for (const { name } of table) {
    const host = await directory.read(name, "f32");
    if (kept.has(name)) held.set(name, host);
    base[name] = await device.upload(host);
    onProgress(++done, total);
  }
  const grown: Weights = {};
  for (const { name, expr, shape, rows } of compiled) {
    if (expr.kind === "copy") {
      grown[name] = base[expr.source] as DeviceTensor;
      continue;
    }
    grown[name] = await device.upload(await evaluated(shape, rows));
    onProgress(++done, total);
  }
  if (plan.phase.masks.length > 0) {
    const data = Float32Array.from(plan.phase.masks, (mask) => maskValue(mask, 0));
    grown[maskValuesName] = { dtype: "f32", shape: [data.length], data };
  }
  return { base, grown };
}

async function evaluated(
  shape: readonly number[],
  rows: (start: number, end: number) => Promise<Float64Array>,
): Promise<HostTensor<"f32">> {
  const height = shape[0] as number;
  const width = shape.slice(1).reduce((product, n) => product * n, 1);
  const data = new Float32Array(height * width);
  const step = Math.max(1, Math.floor(blockLength / width));
  for (let start = 0; start < height; start += step)
    data.set(await rows(start, Math.min(start + step, height)), start * width);
  return { dtype: "f32", shape, data };
}

function requireTensors({ tensors, path }: ModelDirectory, plan: GrowthPlan): void {
  const reasons = parameterTable(plan.base).flatMap(({ name, shape }) => {
    const got = tensors.get(name)?.shape;
    if (`${got}` === `${shape}`) return [];
    return [{ where: name, message: "does not fit", expected: `[${shape}]`, got: got ? `[${got}]` : "nothing" }];
  });
  if (reasons.length === 0) return;
  throw new CambiumError("E_GROWTH_SOURCE", "the tensors of the base do not fit its config", { where: path, reasons });
}
