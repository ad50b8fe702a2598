// Growths of widths: an operator that claims to preserve the function must do so for each width alone and for all
// together, whatever the attention, the embedding and its own choices.
import { llama, type ModelSpec, modelSpec, parameterTable } from "@cambium/model";
import { distance, growExactly, logits, randomWeights, rounding, unmasked, type Weights } from "../measure/logits.js";
import type { Operator } from "../operator/operator.js";
import { widthAxes } from "../operator/width-axes.js";
import type { GrowthPlan } from "../plan/plan.js";
import type { TestApi } from "./api.js";
import { assertEqual, assertThat, codeOf } from "./assert.js";
import { optionSchemas } from "./refusals.js";

/** Sizes that are still whole after × 1.5 and × 2.5. */
const sizes = { vocab: 31, hidden: 16, intermediate: 24, layers: 2, heads: 4, headDim: 4, contextLength: 12 };
const attentions = { MHA: 4, GQA: 2, MQA: 1 };

/** By name, the options of growths of a base with that many key/value heads. */
const growths: Readonly<Record<string, (kvHeads: number) => readonly Readonly<Record<string, number>>[]>> = {
  hidden: () => [1.5, 2, 2.5, 3].map((factor) => ({ hidden: factor * sizes.hidden })),
  intermediate: () => [{ intermediate: 37 }],
  heads: () => [{ heads: 8 }, { heads: 12 }],
  "heads and kvHeads": (kvHeads) =>
    [2, 3].map((factor) => ({ heads: factor * sizes.heads, kvHeads: factor * kvHeads })),
  kvHeads: (kvHeads) => (kvHeads < sizes.heads ? [{ kvHeads: sizes.heads }] : []),
  "all together": () => [{ factor: 2 }],
  nothing: () => [{ factor: 1 }],
};

/** Names of growths that an operator refuses with `E_GROWTH_SIZES`. */
export type Unsuited = readonly (keyof typeof growths)[];

/** Rounding of two small models in float64, as a multiple of the largest logit; the most seen was 7e-14. */
const exact = 1e-12;

/**
 * Declares these tests, if the operator takes widths. Of one that does not claim to preserve the function they ask only
 * what it refuses.
 */
export function describeWidths(operator: Operator, unsuited: Unsuited, api: TestApi): void {
  const schemas = optionSchemas(operator);
  const takes = ["factor", ...widthAxes].every((name) => Object.hasOwn(schemas, name));
  if (!takes) return;
  const claims = operator.claims.functionPreserving !== "no";
  const choices = Object.entries(schemas).flatMap(([name, { enum: values = [], default: usual }]) =>
    values.filter((value) => value !== usual).map((value) => ({ [name]: value })),
  );
  for (const [attention, kvHeads] of Object.entries(attentions))
    for (const tied of [false, true])
      api.test(
        `widths: ${attention}${tied ? ", tied" : ""}: each alone and all together keep what it claims`,
        async () => {
          const base = modelSpec(llama, { ...sizes, kvHeads, tied });
          const weights = randomWeights(base, "widths");
          const before = { base, weights, logits: logits(base, weights) };
          for (const [name, options] of Object.entries(growths))
            for (const grown of options(kvHeads)) {
              const refused = unsuited.includes(name) ? "E_GROWTH_SIZES" : null;
              assertEqual(
                codeOf(() => operator.plan(base, grown)),
                refused,
                `refusal of ${JSON.stringify(grown)}`,
              );
              for (const choice of refused || !claims ? [] : [{}, ...choices])
                await assertKept(operator, before, { ...grown, ...choice });
            }
        },
      );
}

interface Before {
  readonly base: ModelSpec;
  readonly weights: Weights;
  readonly logits: Float64Array;
}

/** Passes growths that the operator refuses by their sizes, and those that claim nothing. */
async function assertKept(operator: Operator, before: Before, options: object): Promise<void> {
  const code = codeOf(() => operator.plan(before.base, options));
  if (code !== null) return assertEqual(code, "E_GROWTH_SIZES", `code of refusing ${JSON.stringify(options)}`);
  const plan = operator.plan(before.base, options);
  assertUntouched(plan);
  if (plan.claims.functionPreserving === "no") return;
  const { apart, largest } = distance(await grownLogits(plan, before.weights), before.logits);
  const claim = `claims "${plan.claims.functionPreserving}" for ${JSON.stringify(options)}`;
  // The graph holds eps in float32, so a scaled one is off by a rounding of that.
  const allowed = plan.claims.functionPreserving === "exact-if-eps-scaled" ? rounding.f64 : exact;
  assertThat(apart <= allowed * largest, `${claim}, but a logit differs by ${apart} of ${largest}`);
}

/** Asserts that tensors of the base's own shape are copies; if all are, that growth is the identity. */
function assertUntouched({ base, target, tensors, optimizer, phase, claims }: GrowthPlan): void {
  const shapes = new Map(parameterTable(base).map(({ name, shape }) => [name, `${shape}`]));
  const grown = parameterTable(target).filter(({ name, shape }) => shapes.get(name) !== `${shape}`);
  for (const [name, expr] of Object.entries(tensors)) {
    if (grown.some((spec) => spec.name === name)) continue;
    assertEqual(expr, { kind: "copy", source: name }, `${name}, which does not grow`);
  }
  if (grown.length > 0) return;
  assertEqual([optimizer.moments, phase.masks], [{}, []], "moment rules and masks of a growth of nothing");
  assertEqual(claims.functionPreserving, "exact", "claim of a growth of nothing");
}

async function grownLogits(plan: GrowthPlan, weights: Weights): Promise<Float64Array> {
  const { masks } = plan.phase;
  const shut = plan.claims.functionPreserving === "at-mask-0" ? { masks, values: masks.map(() => 0) } : unmasked;
  return logits(plan.target, await growExactly(plan, weights), shut);
}
