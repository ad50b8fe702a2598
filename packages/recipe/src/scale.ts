// A recipe made small: the same file tried on a small machine before it is run on a large one.
import { CambiumError } from "@cambium/ir";
import { type CountedByOperator, optionScaler, type Scaling } from "./scale-options.js";
import type { GrowthStep, Recipe } from "./schema.js";

/** The fewest steps of the from-scratch arm, so that a warm-up and a growth can be seen. */
const leastSteps = 8;

/**
 * `recipe` with widths, heads, context, batch and the number of steps multiplied by `scale`, each at least its smallest
 * valid value. Layers and growth factors stay: they are what is tried. Counts of tokens keep their share of the steps.
 * @param counted what the options of its operators count, by the operators' names; other options stay
 * @throws CambiumError `E_OPTION` for a scale outside (0, 1], and for a recipe whose sizes are a checkpoint's.
 */
export function scaleRecipe(recipe: Recipe, scale: number, counted: CountedByOperator = {}): Recipe {
  if (!(scale > 0 && scale <= 1))
    throw new CambiumError("E_OPTION", "the scale does not fit", {
      expected: "a number > 0 and ≤ 1",
      got: String(scale),
    });
  const { model, growth, variants, train, evaluate } = recipe;
  if (model.from !== undefined)
    throw new CambiumError("E_OPTION", "a checkpoint cannot be scaled", {
      where: "model.from",
      hint: "leave out --scale",
    });
  const scaled = (value: number, least: number) => Math.max(least, Math.round(value * scale));
  const { heads = 1, kvHeads, hidden = 1, intermediate = 1 } = model;
  const fewer = scaled(heads, 1);
  const context = Math.min(model.context, scaled(model.context, 8));
  const [batch, accumulation] = [scaled(train.batch, 1), scaled(train.accumulation, 1)];
  const [before, after] = [model.context * train.batch * train.accumulation, context * batch * accumulation];
  const fewest = Math.min(1, leastSteps / (train.tokens / before));
  const steps = Math.max(scale, fewest);
  const tokens = (count: number) => (count === 0 ? 0 : Math.max(1, Math.round((count / before) * steps)) * after);
  const narrow = {
    heads: fewer,
    hidden: 2 * fewer * Math.max(2, Math.round((hidden * scale) / (2 * fewer))),
    intermediate: scaled(intermediate, 8),
    ...(kvHeads !== undefined && { kvHeads: divisor(fewer, Math.round((fewer * kvHeads) / heads)) }),
  };
  const scaling: Scaling = {
    from: { hidden, heads, kvHeads: kvHeads ?? heads, intermediate },
    to: { kvHeads: fewer, ...narrow },
    // In steps, rounded down, so that masks which open within a stage still do.
    tokens: (count) => Math.ceil(after * wholeFrom1((count / before) * steps)),
    steps: (count) => Math.max(1, Math.round(count * steps)),
  };
  const grown = optionScaler(scaling, counted);
  return {
    ...recipe,
    name: `${recipe.name}-scaled`,
    model: {
      ...model,
      ...{ ...narrow, context },
      ...(model.headDim !== undefined && { headDim: 2 * scaled(model.headDim / 2, 2) }),
    },
    variants: variants.map((variant) => ({ ...variant, options: optionScaler(scaling, counted)(variant) })),
    growth: growth.map((step) => ({
      ...step,
      options: grown(step),
      at: scaledTime(step.at, tokens),
      ...tokensIn(step, ["warmup", "rewind"], tokens),
      ...(step.submodels && { submodels: { ...step.submodels, tokens: tokens(step.submodels.tokens) } }),
    })),
    // A bound for the model in the file does not apply to a smaller one.
    train: {
      ...train,
      memory: undefined,
      batch,
      accumulation,
      tokens: tokens(train.tokens),
      warmup: tokens(train.warmup),
      schedule: { ...train.schedule, ...tokensIn(train.schedule, Object.keys(train.schedule), tokens) },
    },
    evaluate: { ...evaluate, ...tokensIn(evaluate, ["every", "tokens"], tokens) },
  };
}

function scaledTime(at: GrowthStep["at"], tokens: (count: number) => number): GrowthStep["at"] {
  if (typeof at === "number") return tokens(at);
  if ("slope" in at) return { slope: { ...at.slope, ...tokensIn(at.slope, ["most"], tokens) } };
  if ("probe" in at) return { probe: { ...at.probe, ...tokensIn(at.probe, ["every", "budget", "most"], tokens) } };
  return at;
}

/** Those fields of `given` that are numbers, as counts of tokens. */
function tokensIn<Name extends string>(
  given: { readonly [K in Name]?: unknown },
  names: readonly Name[],
  tokens: (count: number) => number,
): { [K in Name]?: number } {
  const numbers = names.flatMap((name) => {
    const count = given[name];
    return typeof count === "number" ? [[name, tokens(count)] as const] : [];
  });
  return Object.fromEntries(numbers) as { [K in Name]?: number };
}

/** Whole from 1 on: the next smaller number. */
function wholeFrom1(count: number): number {
  return count < 1 ? count : Math.floor(count);
}

/** The largest divisor of `n` that is at most `most`, and 1 at least. */
function divisor(n: number, most: number): number {
  for (let one = Math.min(n, most); one > 1; one--) if (n % one === 0) return one;
  return 1;
}
