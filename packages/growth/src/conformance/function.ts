// How much of the base's function a plan preserves, compared with its claim.
import { type HostTensor, hostTensor, type RefTensor, refTensor } from "@cambium/ir";
import { type Mask, maskValue, opensAfter } from "@cambium/model";
import { difference, growExactly, logits, perturbed, rounding, unmasked, type Weights } from "../measure/logits.js";
import type { GrowthPlan } from "../plan/plan.js";
import { assertEqual, assertThat } from "./assert.js";
import { testParameters } from "./case.js";

/** Tensors in float64, each number exactly its f32. */
export function exactly(tensors: Readonly<Record<string, HostTensor>>): Record<string, RefTensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, refTensor(tensor)]));
}

/**
 * Compares the logits of base and target for random weights and tokens, in float64 and in float32. Masks are shut for a
 * claim `at-mask-0`; with all masks open the logits must be, bit for bit, those of the unmasked model.
 * @throws Error if they differ by more than rounding although the plan claims that the function is preserved.
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
    assertThat(apart <= rounding[precision], message);
  };
  check(made, expected, "f64");
  check(rounded(made), logits(plan.base, base, unmasked, "f32"), "f32");
  const control = difference(logits(plan.target, perturbed(plan.target, made), state), expected);
  assertThat(control > rounding.f64, "a perturbed model computes the same logits: the comparison detects nothing");
}

/** Asserts that each mask rises from 0 at its schedule's start to 1 at its end, and never falls. */
function assertOpening(masks: readonly Mask[]): void {
  for (const mask of masks) {
    if (mask.schedule.kind === "const") continue;
    const { start, tokens } = mask.schedule;
    const values = Array.from({ length: 33 }, (_, i) => maskValue(mask, start + (i * tokens) / 32));
    assertEqual([maskValue(mask, 0), values[0], maskValue(mask, opensAfter(mask))], [0, 0, 1], "ends of a mask");
    assertThat(
      values.every((value, i) => i === 0 || value >= (values[i - 1] as number)),
      "a mask's value falls before it is fully open",
    );
  }
}

function rounded(weights: Weights): Weights {
  const cast = ({ type, data }: RefTensor) => refTensor(hostTensor("f32", type.shape, Float32Array.from(data)));
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, cast(tensor)]));
}
