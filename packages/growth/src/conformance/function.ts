// What a plan keeps of the function, compared with what it claims.
import { type HostTensor, hostTensor, type RefTensor, refTensor } from "@cambium/ir";
import { type Mask, maskValue, opensAfter } from "@cambium/model";
import { difference, growExactly, logits, perturbed, unmasked, type Weights } from "../measure/logits.js";
import type { GrowthPlan } from "../plan/plan.js";
import { assertEqual, assertThat } from "./assert.js";
import { testParameters } from "./case.js";

/** Bounds on the logits of a function that is kept; 9e-14 and 2e-5 were the most that rounding came to. */
const tolerances = { f64: 1e-10, f32: 1e-4 } as const;

/** Tensors whose float64 is exactly their f32. */
export function exactly(tensors: Readonly<Record<string, HostTensor>>): Record<string, RefTensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, refTensor(tensor)]));
}

/**
 * Logits of base and target, of random weights and tokens, in float64 and in float32. Masks are shut for this; open,
 * they must be gone to the bit.
 */
export async function assertFunction(plan: GrowthPlan): Promise<void> {
  const claim = plan.claims.functionPreserving;
  const { masks } = plan.phase;
  if (masks.length > 0) assertOpening(masks);
  assertThat(claim !== "at-mask-0" || masks.length > 0, "claims to preserve the function at mask 0, but has no masks");
  const base = exactly(testParameters(plan.base, "w"));
  const made = await growExactly(plan, base);
  const all = (value: number) => ({ masks, values: masks.map(() => value) });
  if (masks.length > 0) {
    assertEqual(logits(plan.target, made, all(1)), logits(plan.target, made), "logits with open masks, against none");
  }
  if (claim === "no") return;
  const state = claim === "at-mask-0" ? all(0) : unmasked;
  const expected = logits(plan.base, base);
  const check = (weights: Weights, against: Float64Array, precision: "f32" | "f64") => {
    const apart = difference(logits(plan.target, weights, state, precision), against);
    const message = `claims "${claim}", but the logits differ by ${apart} of their size in ${precision}`;
    assertThat(apart <= tolerances[precision], message);
  };
  check(made, expected, "f64");
  check(rounded(made), logits(plan.base, base, unmasked, "f32"), "f32");
  const control = difference(logits(plan.target, perturbed(plan.target, made), state), expected);
  assertThat(control > tolerances.f64, "a perturbed model computes the same logits: the comparison sees nothing");
}

/** A mask opens without ever closing again, from its schedule's start to its end. */
function assertOpening(masks: readonly Mask[]): void {
  for (const mask of masks) {
    if (mask.schedule.kind === "const") continue;
    const { start, tokens } = mask.schedule;
    const values = Array.from({ length: 33 }, (_, i) => maskValue(mask, start + (i * tokens) / 32));
    assertEqual([maskValue(mask, 0), values[0], maskValue(mask, opensAfter(mask))], [0, 0, 1], "ends of a mask");
    assertThat(
      values.every((value, i) => i === 0 || value >= (values[i - 1] as number)),
      "a mask closes while it opens",
    );
  }
}

function rounded(weights: Weights): Weights {
  const cast = ({ type, data }: RefTensor) => refTensor(hostTensor("f32", type.shape, Float32Array.from(data)));
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, cast(tensor)]));
}
