// The record of a growth, for the run's directory.
import { connectionRate, type GrowthPlan, layerMap } from "@cambium/growth";
import type { GrowthRecord } from "@cambium/run-format";
import { type SwitchSeconds, switchTotal } from "@cambium/train";

export function growthRecord(
  plan: GrowthPlan,
  from: string,
  moments: GrowthRecord["moments"],
  cost: SwitchSeconds,
): GrowthRecord {
  const map = layerMap(plan);
  return {
    operator: plan.operator.name,
    operatorVersion: plan.operator.version,
    from,
    layerMap: map,
    connectionRate: connectionRate(map).value,
    moments,
    seconds: switchTotal(cost),
    cost,
  };
}
