// When a stage ends, from the `at` of the growth after it.
import { CambiumError } from "@cambium/ir";
import { countParameters, type ModelSpec } from "@cambium/model";
import { growthTiming } from "@cambium/scaling";
import type { GrowthStep, Recipe } from "../schema.js";
import { evaluation, wholeSteps } from "./budget.js";
import type { Cost } from "./cost.js";
import type { ProbeRule, Until } from "./stage.js";

/** The budget of an arm when a stage begins. */
export interface ArmBudget {
  /** The cost of the stage's own tokens. */
  readonly cost: Cost;
  /** Tokens after which the stage may end: its masks are open, and it is no longer a probe. */
  readonly least: number;
  /** FLOPs that the whole arm may spend. */
  readonly flops: number;
  /** FLOPs spent before the stage trains. */
  readonly spent: number;
  /** The part of `spent` that the stage's own count includes: what its growth had to find, and failed probes. */
  readonly found: number;
  /** The model that the arm ends with. */
  readonly target: ModelSpec;
  /** The probes of the growth after the stage. */
  readonly probe: {
    /** FLOPs of a probe that trains for `tokens` tokens. */
    readonly flops: (tokens: number) => number;
    /** Identifies all of it (`ProbeRule.trial`). */
    readonly trial: () => string;
  };
}

/** The share of the arm's budget that may be spent by the end of a stage with an open end, unless the recipe says. */
const openShare = 0.5;

/**
 * @param index the index of the growth
 * @param model the model before the growth
 * @throws CambiumError `E_GROWTH_TIMING` for a share that is already spent, or if the paper's timing does not apply.
 */
export function untilOf(recipe: Recipe, index: number, model: ModelSpec, budget: ArmBudget): Until {
  const { at } = recipe.growth[index] as GrowthStep;
  const { cost } = budget;
  const steps = (tokens: number) => wholeSteps(recipe, tokens);
  if (typeof at === "number") return { kind: "tokens", tokens: steps(at) };
  if ("share" in at) {
    const tokens = cost.tokens(at.share * budget.flops - budget.spent);
    if (tokens > 0) return { kind: "tokens", tokens: steps(tokens) };
    throw refused(index, "the share of the budget is spent before the stage begins", {
      expected: `more than ${(budget.spent / budget.flops).toPrecision(3)}`,
      got: `${at.share}`,
      hint: "shares count from the beginning of the arm: give a larger one",
    });
  }
  if ("timing" in at) return { kind: "tokens", tokens: steps(paperTiming(recipe, index, model, budget)) };
  if ("probe" in at) return probeRule(recipe, at.probe, budget);
  const { threshold, window, most = cost.tokens(openShare * budget.flops - budget.spent) } = at.slope;
  return {
    kind: "slope",
    threshold,
    window,
    least: budget.least,
    most: steps(Math.max(1, most)),
    flopsBefore: budget.spent - budget.found,
  };
}

type ProbeTime = Extract<GrowthStep["at"], { probe: unknown }>["probe"];

function probeRule(recipe: Recipe, at: ProbeTime, arm: ArmBudget): ProbeRule {
  const steps = (tokens: number) => wholeSteps(recipe, tokens);
  const [every, budget] = [steps(at.every), steps(at.budget)];
  // The cost of a token with its share of the probes, relative to a token without.
  const share = 1 + arm.probe.flops(budget) / every / arm.cost.perToken;
  const most = steps(Math.max(1, at.most ?? arm.cost.tokens((openShare * arm.flops - arm.spent) / share)));
  // At most one measurement per step.
  const measured = at.window * Math.max(evaluation(recipe).every, steps(1));
  return {
    kind: "probe",
    ...{ every, budget, most, window: at.window },
    least: Math.max(arm.least, measured),
    flopsBefore: arm.spent - arm.found,
    trial: arm.probe.trial(),
  };
}

/** Tokens by Du et al. 2024, eq. 10, within the range of their fit. */
function paperTiming({ train }: Recipe, index: number, model: ModelSpec, { flops, target }: ArmBudget): number {
  const [before, after] = [model, target].map((one) => countParameters(one));
  const parameters = after?.total ?? 0;
  const factor = (after?.nonEmbedding ?? 0) / (before?.nonEmbedding ?? 1);
  const timing = growthTiming({ parameters, flops, factor });
  if (timing.valid) return timing.value;
  throw refused(index, "the paper's growth timing does not apply to this run", {
    expected: "a budget and a model within its fit",
    got: timing.reason,
    hint: `at: ${Math.round(0.1 * train.tokens)}, a tenth of train.tokens, is the paper's ratio`,
  });
}

function refused(
  index: number,
  message: string,
  details: { expected: string; got: string; hint: string },
): CambiumError {
  return new CambiumError("E_GROWTH_TIMING", message, { where: `growth.${index}.at`, ...details });
}
