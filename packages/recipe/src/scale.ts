// A recipe made small: the same file tried on a small machine before it is run on a large one.
import { CambiumError } from "@cambium/ir";
import type { GrowthStep, Recipe } from "./schema.js";

/** The fewest steps of the from-scratch arm, so that a warm-up and a growth can be seen. */
const leastSteps = 8;

/**
 * `recipe` with widths, heads, context, batch and the number of steps multiplied by `scale`, each at least its smallest
 * valid value. Layers, growth factors and the operators' own options stay: they are what is tried. Counts of tokens keep
 * their share of the steps.
 * @throws CambiumError `E_OPTION` for a scale outside (0, 1], and for a recipe whose sizes are a checkpoint's.
 */
export function scaleRecipe(recipe: Recipe, scale: number): Recipe {
  if (!(scale > 0 && scale <= 1))
    throw new CambiumError("E_OPTION", "the scale does not fit", {
      expected: "a number > 0 and ≤ 1",
      got: String(scale),
    });
  const { model, growth, train, evaluate } = recipe;
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
  return {
    ...recipe,
    name: `${recipe.name}-scaled`,
    model: {
      ...model,
      ...{ heads: fewer, hidden: 2 * fewer * Math.max(2, Math.round((hidden * scale) / (2 * fewer))) },
      ...{ intermediate: scaled(intermediate, 8), context },
      ...(kvHeads !== undefined && { kvHeads: divisor(fewer, Math.round((fewer * kvHeads) / heads)) }),
      ...(model.headDim !== undefined && { headDim: 2 * scaled(model.headDim / 2, 2) }),
    },
    growth: growth.map((step) => ({
      ...step,
      at: scaledTime(step.at, tokens),
      ...counted(step, ["warmup", "rewind"], tokens),
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
      schedule: { ...train.schedule, ...counted(train.schedule, Object.keys(train.schedule), tokens) },
    },
    evaluate: { ...evaluate, ...counted(evaluate, ["every", "tokens"], tokens) },
  };
}

function scaledTime(at: GrowthStep["at"], tokens: (count: number) => number): GrowthStep["at"] {
  if (typeof at === "number") return tokens(at);
  if ("slope" in at) return { slope: { ...at.slope, ...counted(at.slope, ["most"], tokens) } };
  if ("probe" in at) return { probe: { ...at.probe, ...counted(at.probe, ["every", "budget", "most"], tokens) } };
  return at;
}

/** Those fields of `given` that are numbers, as counts of tokens. */
function counted<Name extends string>(
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

/** The largest divisor of `n` that is at most `most`, and 1 at least. */
function divisor(n: number, most: number): number {
  for (let one = Math.min(n, most); one > 1; one--) if (n % one === 0) return one;
  return 1;
}
