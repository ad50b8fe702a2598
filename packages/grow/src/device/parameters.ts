// The parameters of a grown model beside those of its base, on one device: for inspection, not for training.
import type { Device, DeviceTensor } from "@cambium/backend";
import { checkNeeds, type GrowthPlan, givenName, planGraph } from "@cambium/growth";
import type { HostTensor } from "@cambium/ir";
import { phaseParts } from "@cambium/model";

/**
 * What `plan` makes of `base`, in the device's f32. Copied tensors are the base's own, which must outlive their use
 * here; the others are new, and the caller owns them.
 * @param found what was found for the plan's `given` tensors
 * @throws CambiumError `E_GROWTH_NEEDS` when the plan has such tensors and `found` is absent; from the device.
 */
export async function growParameters(
  device: Device,
  plan: GrowthPlan,
  base: Readonly<Record<string, DeviceTensor>>,
  found?: Readonly<Record<string, HostTensor>>,
): Promise<Record<string, DeviceTensor>> {
  if (!found) checkNeeds(plan, phaseParts(plan.phase));
  const exprs = Object.entries(plan.tensors);
  const copies = exprs.flatMap(([name, expr]) => (expr.kind === "copy" ? [[name, base[expr.source]] as const] : []));
  const only = new Set(exprs.flatMap(([name, { kind }]) => (kind === "copy" ? [] : [name])));
  if (only.size === 0) return Object.fromEntries(copies) as Record<string, DeviceTensor>;
  const { graph, leaves } = planGraph(plan, { only });
  const given = new Map(Object.entries(found ?? {}).map(([name, tensor]) => [givenName(name), tensor]));
  const inputs = graph.inputs.map(({ name }) => [name, base[name] ?? leaves.get(name)?.() ?? given.get(name)]);
  using executable = await device.compile(graph);
  const { outputs } = await executable.run(Object.fromEntries(inputs));
  return { ...(Object.fromEntries(copies) as Record<string, DeviceTensor>), ...outputs };
}
