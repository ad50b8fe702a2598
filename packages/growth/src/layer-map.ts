// Which base layer each target layer comes from, and how many neighbours of the base are still neighbours: R_c.
import { modelSizes } from "@cambium/model";
import { sourcesOf } from "./expr/walk.js";
import { type GrowthPlan, type PlanTables, planTables } from "./plan/plan.js";

/**
 * For each target layer the one base layer (0-based) that its tensors read; null for a layer that reads none (new) or
 * several (mixed).
 */
export function layerMap(plan: GrowthPlan, tables: PlanTables = planTables(plan)): readonly (number | null)[] {
  return layerOrigins(plan, tables).map((layers) => (layers.length === 1 ? (layers[0] as number) : null));
}

/** For each target layer the base layers that its tensors read, ascending; empty for a new layer. */
export function layerOrigins(plan: GrowthPlan, tables: PlanTables = planTables(plan)): readonly (readonly number[])[] {
  const layerOf = new Map(tables.base.map(({ name, layer }) => [name, layer]));
  const origins = Array.from({ length: modelSizes(plan.target).layers }, () => new Set<number>());
  for (const { name, layer } of tables.target) {
    const expr = plan.tensors[name];
    if (layer === undefined || !expr) continue;
    for (const source of sourcesOf(expr)) {
      const from = layerOf.get(source);
      if (from !== undefined) origins[layer]?.add(from);
    }
  }
  return origins.map((layers) => [...layers].sort((a, b) => a - b));
}

/** A fraction, not reduced. */
export interface Fraction {
  readonly numerator: number;
  readonly denominator: number;
  readonly value: number;
}

/**
 * Connection rate R_c = #{t : A[t+1] = A[t] + 1} / (L − 1) of a layer list A of length L (Du et al. 2024, eq. 51).
 * New and mixed layers have no connections. A single layer has none to lose: 0/0, value 1.
 */
export function connectionRate(layers: readonly (number | null)[]): Fraction {
  const denominator = Math.max(layers.length - 1, 0);
  const numerator = layers.filter((layer, t) => t > 0 && layer !== null && layer - 1 === layers[t - 1]).length;
  return { numerator, denominator, value: denominator === 0 ? 1 : numerator / denominator };
}
