// Which parameters train at all. A slice whose gradient stays exactly zero is dead, whatever the optimizer.
import { numel } from "@cambium/ir";
import { type ParameterSpec, parameterTable } from "@cambium/model";
import type { GrowthPlan } from "../plan/plan.js";
import { Adam } from "./adam.js";
import { gradients } from "./gradients.js";
import type { Weights } from "./logits.js";

/** AdamW steps within which a new parameter must get a gradient. */
const steps = 5;
const rate = 0.01;

/**
 * Names of the target tensors that train, but have a slice along one of their axes without a gradient in any of five
 * steps of Adam from `weights`, masks half open. Rows of the vocabulary do not count: a token that is not read has
 * none.
 */
export function deadTensors(plan: GrowthPlan, weights: Readonly<Weights>): string[] {
  const frozen = new Set(plan.phase.frozen);
  const trained = parameterTable(plan.target).filter(({ name }) => !frozen.has(name));
  const masked = { masks: plan.phase.masks, values: plan.phase.masks.map(() => 0.5) };
  const seen = new Map(trained.map(({ name }) => [name, new Uint8Array(weights[name]?.data.length ?? 0)]));
  const adam = new Adam(weights);
  const dead = () => trained.filter((spec) => hasDeadSlice(spec, seen.get(spec.name) as Uint8Array));
  for (let step = 1; step <= steps && dead().length > 0; step++) {
    const found = gradients(plan.target, adam.weights, masked);
    for (const [name, touched] of seen) {
      found[name]?.forEach((g, i) => {
        if (g !== 0) touched[i] = 1;
      });
    }
    adam.step(Object.fromEntries(Object.entries(found).filter(([name]) => !frozen.has(name))), rate);
  }
  return dead().map(({ name }) => name);
}

function hasDeadSlice({ shape, axes }: ParameterSpec, touched: Uint8Array): boolean {
  return axes.some(({ axis }, at) => {
    if (axis === "vocab") return false;
    const [size = 0, inner] = [shape[at], numel(shape.slice(at + 1))];
    const alive = new Uint8Array(size);
    touched.forEach((x, i) => {
      if (x !== 0) alive[Math.floor(i / inner) % size] = 1;
    });
    return alive.includes(0);
  });
}
