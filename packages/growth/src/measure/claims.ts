// What a growth preserves, measured on random weights and compared with its plan's claims.
import { type HostTensor, hostTensor } from "@cambium/ir";
import { parameterTable } from "@cambium/model";
import { growMoments } from "../evaluate/moments.js";
import type { FunctionClaim, GrowthPlan } from "../plan/plan.js";
import { gradients } from "./gradients.js";
import { deadTensors } from "./liveness.js";
import { distance, growExactly, logits, randomWeights, rounding, unmasked } from "./logits.js";

export interface MeasuredClaims {
  readonly function: {
    readonly claim: FunctionClaim;
    /** Largest |Δlogit|; with masks shut if the claim is `at-mask-0`. */
    readonly difference: number;
    /** Largest |logit| of the base. */
    readonly largest: number;
  };
  readonly parameters: {
    readonly trained: number;
    readonly frozen: number;
    /** Tensors with a slice that has no gradient in five steps of Adam, masks half open. */
    readonly dead: readonly string[];
    readonly declaredDead: readonly string[];
  };
  /** Null if the moments cannot be carried. */
  readonly moments: {
    /**
     * Largest |m − gradient of the target|, with m grown from the base's gradient; relative to the largest gradient.
     * Entries that begin at zero do not count.
     */
    readonly m: number;
    /** Share of the entries that have a gradient and begin at zero: new ones. */
    readonly fresh: number;
  } | null;
  /** Whether the function is preserved as claimed, and exactly the declared parameters are dead. */
  readonly holds: boolean;
}

/** Measures the claims of `plan`. Its models must be small enough for the reference evaluator. */
export async function measureClaims(plan: GrowthPlan): Promise<MeasuredClaims> {
  const { functionPreserving: claim, deadParams: declaredDead = [] } = plan.claims;
  const base = randomWeights(plan.base, "measured");
  const made = await growExactly(plan, base);
  const { masks, frozen } = plan.phase;
  const state = claim === "at-mask-0" ? { masks, values: masks.map(() => 0) } : unmasked;
  const { apart, largest } = distance(logits(plan.target, made, state), logits(plan.base, base));
  const dead = deadTensors(plan, made);
  const trained = parameterTable(plan.target).filter(({ name }) => !frozen.includes(name));
  const keeps = claim === "no" || apart <= rounding.f64 * Math.max(1, largest);
  return {
    function: { claim, difference: apart, largest },
    parameters: { trained: trained.length, frozen: frozen.length, dead, declaredDead },
    moments: await measureMoments(plan, gradients(plan.base, base), gradients(plan.target, made, state)),
    holds: keeps && dead.length === declaredDead.length && dead.every((name) => declaredDead.includes(name)),
  };
}

/** How far m, grown from the base's gradient, is from the target's gradient, where it does not begin at zero. */
async function measureMoments(
  plan: GrowthPlan,
  ofBase: Readonly<Record<string, Float64Array>>,
  ofTarget: Readonly<Record<string, Float64Array>>,
): Promise<MeasuredClaims["moments"]> {
  const shapes = new Map(parameterTable(plan.base).map(({ name, shape }) => [name, shape]));
  const get = (name: string): HostTensor =>
    hostTensor("f32", shapes.get(name) ?? [], Float32Array.from(ofBase[name] ?? []));
  let [apart, largest, fresh, live] = [0, 0, 0, 0];
  try {
    const grown = growMoments(plan, { updates: 1, m: { get }, v: { get } }, "carry");
    for await (const [name, { m }] of grown.tensors) {
      const gradient = ofTarget[name] as Float64Array;
      const begins = gradient.map((g, i) => (m.data[i] === 0 ? 0 : g));
      apart = Math.max(apart, distance(m.data, begins).apart);
      gradient.forEach((g, i) => {
        largest = Math.max(largest, Math.abs(g));
        live += g === 0 ? 0 : 1;
        fresh += g !== 0 && m.data[i] === 0 ? 1 : 0;
      });
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === "E_GROWTH_MOMENTS") return null;
    throw error;
  }
  return { m: largest === 0 ? 0 : apart / largest, fresh: live === 0 ? 0 : fresh / live };
}
