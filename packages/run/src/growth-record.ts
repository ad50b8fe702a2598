// The record of a growth, for the run's directory.
import { connectionRate, layerMap } from "@cambium/growth";
import type { StageStart } from "@cambium/recipe";
import type { GrowthRecord } from "@cambium/run-format";
import { type SwitchSeconds, switchTotal } from "@cambium/train";

type GrowthStart = Extract<StageStart, { kind: "growth" }>;

export function growthRecord({ plan, parent, moments, find, probed }: GrowthStart, cost: SwitchSeconds): GrowthRecord {
  const map = layerMap(plan);
  return {
    operator: plan.operator.name,
    operatorVersion: plan.operator.version,
    from: parent.id,
    layerMap: map,
    connectionRate: connectionRate(map).value,
    moments,
    ...(find && { found: find }),
    ...(probed && { probed }),
    seconds: switchTotal(cost),
    cost,
  };
}
