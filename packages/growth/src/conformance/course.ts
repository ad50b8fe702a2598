// The course of training after growth: with moments carried, does the target go where the base would have gone?
import { compileTyped } from "../evaluate/compile.js";
import { typedMoment } from "../evaluate/moments.js";
import { Adam, type AdamState, freshState } from "../measure/adam.js";
import { gradients } from "../measure/gradients.js";
import { difference, growExactly, logits, randomWeights, readExactly, type Weights } from "../measure/logits.js";
import { momentExprs } from "../plan/optimizer-policy.js";
import { type GrowthPlan, planTables } from "../plan/plan.js";
import { assertThat } from "./assert.js";

const rate = 3e-3;
/** Decay at the unscaled rate, as in training, and an ε that nothing hides behind. */
const settings = { decay: 0.1, eps: 1e-30 };
const [before, after] = [5, 20];
/** Rounding of float64 over these steps; the most seen was 2e-15. */
const rounding = 1e-11;

/**
 * How far the logits of base and target are apart after 5 steps of AdamW of the base, growth, and 20 steps of both, in
 * float64; relative to the largest. The target has the plan's factors on learning rates.
 * @param carry moments grow by the plan's rules; false begins without any.
 */
export async function courseError(plan: GrowthPlan, { carry }: { readonly carry: boolean }): Promise<number> {
  const old = new Adam(randomWeights(plan.base, "course"), settings);
  for (let i = 0; i < before; i++) old.step(gradients(plan.base, old.weights), rate);
  const grown = await growExactly(plan, old.weights);
  const { lrMultipliers: multipliers } = plan.phase;
  const state = carry ? await carried(plan, old.state) : freshState(grown);
  const target = new Adam(grown, { ...settings, multipliers }, state);
  for (let i = 0; i < after; i++) {
    old.step(gradients(plan.base, old.weights), rate);
    target.step(gradients(plan.target, target.weights), rate);
  }
  return difference(logits(plan.target, target.weights), logits(plan.base, old.weights));
}

/** Asserts that training goes where the base's would have gone, and that this is due to the moments. */
export async function assertCourse(plan: GrowthPlan): Promise<void> {
  const [kept, fresh] = [await courseError(plan, { carry: true }), await courseError(plan, { carry: false })];
  assertThat(kept <= rounding, `after ${after} steps the logits are ${kept} of their size off those of the base`);
  assertThat(fresh > 1e-3, "so they are without moments: the comparison detects nothing");
}

/** The base's moments, grown by the plan's rules in float64. */
async function carried(plan: GrowthPlan, { m, v, updates }: AdamState): Promise<AdamState> {
  const tables = planTables(plan);
  const base = new Map(tables.base.map((spec) => [spec.name, spec]));
  const rules = momentExprs(plan, "carry", tables);
  const grown = async (from: Weights, power: 1 | 2) => {
    const made: Weights = {};
    const read = readExactly(from);
    for (const spec of tables.target) {
      const rule = rules.get(spec.name);
      if (!rule) continue;
      const { shape, rows } = compileTyped(typedMoment(spec, rule, base), { read, found: "init", power });
      made[spec.name] = { type: { dtype: "f32", shape }, data: await rows(0, shape[0] as number) };
    }
    return made;
  };
  return { m: await grown(m, 1), v: await grown(v, 2), updates };
}
