// What the tests of figures measure, and the lines that they print for docs/results.md.
import { growExactly, logits, randomWeights, type Weights } from "../../../packages/growth/src/conformance/index.js";
import type { GrowthPlan } from "../../../packages/growth/src/index.js";
import { type DecoderInput, llama, type ModelSpec, modelSpec } from "../../../packages/model/src/index.js";

/** Four query heads over two key/value heads, all axes of different size. */
export function base(given: Partial<DecoderInput> = {}): ModelSpec {
  const sizes = { vocab: 97, hidden: 32, intermediate: 56, layers: 3, heads: 4, kvHeads: 2, headDim: 8 };
  return modelSpec(llama, { ...sizes, contextLength: 32, ...given });
}

export interface Apart {
  /** Largest difference of a logit. */
  readonly error: number;
  /** Largest logit. */
  readonly size: number;
}

/** How far the logits of `plan`'s target, masks shut, are from its base's, both of random weights, norms included. */
export async function apart(plan: GrowthPlan, precision: "f32" | "f64" = "f64"): Promise<Apart> {
  const held = precision === "f64" ? (weights: Weights) => weights : rounded;
  const weights = held(randomWeights(plan.base, "width"));
  const { masks } = plan.phase;
  const shut = { masks, values: masks.map(() => 0) };
  const expected = logits(plan.base, weights, undefined, precision);
  const actual = logits(plan.target, held(await growExactly(plan, weights)), shut, precision);
  const error = expected.reduce((most, x, i) => Math.max(most, Math.abs(x - (actual[i] as number))), 0);
  return { error, size: expected.reduce((most, x) => Math.max(most, Math.abs(x)), 0) };
}

/** Each number rounded to float32. */
function rounded(weights: Weights): Weights {
  return Object.fromEntries(
    Object.entries(weights).map(([name, { type, data }]) => [name, { type, data: data.map(Math.fround) }]),
  );
}
