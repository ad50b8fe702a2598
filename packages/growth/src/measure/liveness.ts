// Which parameters train at all. A slice whose gradient stays exactly zero is dead, whatever the optimizer.
import { type ParameterSpec, parameterTable } from "@cambium/model";
import type { GrowthPlan } from "../plan/plan.js";
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
  const moments = new Map(trained.map(({ name }) => [name, { m: zeros(weights, name), v: zeros(weights, name) }]));
  const seen = new Map(trained.map(({ name }) => [name, zeros(weights, name)]));
  const current = Object.fromEntries(
    Object.entries(weights).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
  );
  const dead = () => trained.filter((spec) => hasDeadSlice(spec, seen.get(spec.name) as Float64Array));
  for (let step = 1; step <= steps && dead().length > 0; step++) {
    const found = gradients(plan.target, current, masked);
    for (const { name } of trained) {
      const gradient = found[name] as Float64Array;
      const { m, v } = moments.get(name) as { m: Float64Array; v: Float64Array };
      const [data, touched] = [current[name]?.data as Float64Array, seen.get(name) as Float64Array];
      gradient.forEach((g, i) => {
        if (g !== 0) touched[i] = 1;
        m[i] = 0.9 * (m[i] as number) + 0.1 * g;
        v[i] = 0.95 * (v[i] as number) + 0.05 * g * g;
        const [mean, square] = [m[i] / (1 - 0.9 ** step), v[i] / (1 - 0.95 ** step)];
        data[i] = (data[i] as number) - (rate * mean) / (Math.sqrt(square) + 1e-12);
      });
    }
  }
  return dead().map(({ name }) => name);
}

function zeros(weights: Readonly<Weights>, name: string): Float64Array {
  return new Float64Array(weights[name]?.data.length ?? 0);
}

function hasDeadSlice({ shape, axes }: ParameterSpec, touched: Float64Array): boolean {
  return axes.some(({ axis }, at) => {
    if (axis === "vocab") return false;
    const [size = 0, inner] = [shape[at], shape.slice(at + 1).reduce((a, b) => a * b, 1)];
    const alive = new Uint8Array(size);
    touched.forEach((x, i) => {
      if (x !== 0) alive[Math.floor(i / inner) % size] = 1;
    });
    return alive.includes(0);
  });
}
