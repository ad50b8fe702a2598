// What a growth keeps, measured on random weights and compared with what its plan claims.
import { type HostTensor, hostTensor } from "@cambium/ir";
import { parameterTable } from "@cambium/model";
import { growMoments } from "../evaluate/moments.js";
import type { FunctionClaim, GrowthPlan } from "../plan/plan.js";
import { gradients } from "./gradients.js";
import { deadTensors } from "./liveness.js";
import { distance, growExactly, logits, randomWeights, unmasked } from "./logits.js";

/** Of the logits' size, in float64: 9e-14 was the most that rounding came to. */
const kept = 1e-10;

export interface MeasuredClaims {
  readonly function: {
    readonly claim: FunctionClaim;
    /** Largest |Δlogit|, masks shut where the claim is of shut masks. */
    readonly difference: number;
    /** Largest |logit| of the base. */
    readonly largest: number;
  };
  readonly parameters: {
    readonly trained: number;
    readonly frozen: number;
    /** Tensors of which a slice has no gradient in five steps of Adam, masks half open. */
    readonly dead: readonly string[];
    readonly declaredDead: readonly string[];
  };
  /** Null where they cannot be carried. */
  readonly moments: {
    /** Largest difference of m, grown from the base's gradient, from the target's gradient, as a share of the largest. */
    readonly m: number;
  } | null;
  /** Whether everything claimed was found, and nothing else is dead. */
  readonly holds: boolean;
}

/** Measures `plan`, which grows a model small enough for the reference evaluator. */
export async function measureClaims(plan: GrowthPlan): Promise<MeasuredClaims> {
  const { functionPreserving: claim, deadParams: declaredDead = [] } = plan.claims;
  const base = randomWeights(plan.base, "measured");
  const made = await growExactly(plan, base);
  const { masks, frozen } = plan.phase;
  const state = claim === "at-mask-0" ? { masks, values: masks.map(() => 0) } : unmasked;
  const { apart, largest } = distance(logits(plan.target, made, state), logits(plan.base, base));
  const dead = deadTensors(plan, made);
  const trained = parameterTable(plan.target).filter(({ name }) => !frozen.includes(name));
  const keeps = claim === "no" || apart <= kept * Math.max(1, largest);
  return {
    function: {
      claim,
      difference: apart,
      largest,
    },
    parameters: { trained: trained.length, frozen: frozen.length, dead, declaredDead },
    moments: await measureMoments(plan, gradients(plan.base, base), gradients(plan.target, made, state)),
    holds: keeps && dead.length === declaredDead.length && dead.every((name) => declaredDead.includes(name)),
  };
}

/** How far moments that follow the base's gradient are from those that follow the target's. */
async function measureMoments(
  plan: GrowthPlan,
  ofBase: Readonly<Record<string, Float64Array>>,
  ofTarget: Readonly<Record<string, Float64Array>>,
): Promise<MeasuredClaims["moments"]> {
  const shapes = new Map(parameterTable(plan.base).map(({ name, shape }) => [name, shape]));
  const get = (name: string): HostTensor =>
    hostTensor("f32", shapes.get(name) ?? [], Float32Array.from(ofBase[name] ?? []));
  let [apart, largest] = [0, 0];
  try {
    const grown = growMoments(plan, { updates: 1, m: { get }, v: { get } }, "carry");
    for await (const [name, { m }] of grown.tensors) {
      const off = distance(m.data, ofTarget[name] as Float64Array);
      apart = Math.max(apart, off.apart);
      largest = Math.max(largest, off.largest);
    }
  } catch (error) {
    if ((error as { code?: unknown }).code === "E_GROWTH_MOMENTS") return null;
    throw error;
  }
  return { m: largest === 0 ? 0 : apart / largest };
}
