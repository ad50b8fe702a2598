// The arms of a recipe: stages with their models, budgets and identities, decided before anything trains.
import type { Operator } from "@cambium/growth";
import { llama, type ModelSpec, modelSpec } from "@cambium/model";
import { optimizerOptions } from "@cambium/train";
import type { GrowthStep, Recipe } from "../schema.js";
import { flopsPerToken, remainingTokens, wholeSteps } from "./budget.js";
import { checkFit, checkGrowth, checkMasks, checkSchedule } from "./checks.js";
import type { PlanContext } from "./context.js";
import { stageId } from "./identity.js";
import { scheduleOf } from "./schedule.js";
import type { ArmPlan, StagePlan } from "./stage.js";

/**
 * The arms of a recipe, the grown one first.
 * @throws CambiumError `E_RECIPE` for a checkpoint that the rest of the recipe does not fit, `E_SCHEDULE` for a learning
 * rate that makes no sense over a stage's tokens, `E_GROWTH_UNSUPPORTED`, `E_GROWTH_MASKS` for masks that outlast their
 * stage; what an operator's `plan` throws.
 */
export function planArms(recipe: Recipe, context: PlanContext): ArmPlan[] {
  checkFit(recipe, context);
  const grown = planGrown(recipe, context, context.operators.growth);
  const target = grown.at(-1) as StagePlan;
  const arms: ArmPlan[] = [{ name: recipe.growth.length > 0 ? "grown" : "base", stages: grown }];
  if (recipe.growth.length > 0 && recipe.compare.includes("scratch")) {
    const scratch = stage(recipe, context, {
      name: "scratch",
      model: target.model,
      tokens: wholeSteps(recipe, recipe.train.tokens),
      dataPosition: 0,
      schedule: scheduleOf(recipe, recipe.train.tokens),
      start: initial(recipe),
    });
    arms.push({ name: "scratch", stages: [scratch] });
  }
  recipe.variants.forEach(({ options }, i) => {
    const operator = context.operators.variants[i] as Operator;
    const growth = recipe.growth.map((step) => ({ ...step, options }));
    const stages = planGrown({ ...recipe, growth }, context, Array(growth.length).fill(operator), target.model);
    const alike = arms.filter(({ name }) => name.replace(/-\d+$/, "") === operator.name).length;
    arms.push({ name: alike === 0 ? operator.name : `${operator.name}-${alike + 1}`, stages });
  });
  return arms;
}

/** @param like the model whose training for `train.tokens` costs what the arm may spend; default the arm's own target */
function planGrown(
  recipe: Recipe,
  context: PlanContext,
  operators: readonly Operator[],
  like?: ModelSpec,
): StagePlan[] {
  const { growth, train } = recipe;
  const stages: StagePlan[] = [];
  const { checkpoint } = context;
  let model = checkpoint?.model ?? baseModel(recipe, context);
  let start: StagePlan["start"] = checkpoint
    ? { kind: "checkpoint", path: checkpoint.path, fingerprint: checkpoint.fingerprint }
    : initial(recipe);
  let position = 0;
  for (let i = 0; i <= growth.length; i++) {
    const before = growth[i - 1];
    const last = i === growth.length;
    const tokens = wholeSteps(
      recipe,
      last ? remainingTokens(recipe, stages, model, like) : (growth[i] as GrowthStep).at,
    );
    const name = i === 0 ? "base" : last ? "target" : `stage-${i + 1}`;
    // A stage that will grow follows the schedule of a full run: its learning rate is not run down before growth.
    const plan = stage(recipe, context, {
      name,
      model,
      tokens,
      dataPosition: position,
      schedule: scheduleOf(recipe, last && i > 0 ? tokens : train.tokens, before),
      start,
    });
    stages.push(plan);
    position += tokens;
    if (!last) {
      const step = growth[i] as GrowthStep;
      const options = {
        ...step.options,
        ...(step.factor !== undefined && { factor: step.factor }),
        ...(step.layers !== undefined && { layers: step.layers }),
      };
      const grown = (operators[i] as Operator).plan(model, options);
      checkGrowth(i, grown);
      start = { kind: "growth", from: plan, growth: grown, moments: step.moments };
      model = grown.target;
    }
  }
  return stages;
}

function initial({ seed, model }: Recipe): StagePlan["start"] {
  return { kind: "init", seed: String(seed), scheme: model.init ?? "paper" };
}

function baseModel({ model }: Recipe, { vocabSize, bosId, eosId }: PlanContext): ModelSpec {
  const { layers = 0, hidden = 0, heads = 0, intermediate = 0 } = model;
  return modelSpec(llama, {
    vocab: vocabSize,
    hidden,
    intermediate,
    layers,
    heads,
    kvHeads: model.kvHeads,
    headDim: model.headDim,
    contextLength: model.context,
    ropeTheta: model.ropeTheta,
    rmsNormEps: model.rmsNormEps,
    tied: model.tied,
    bosTokenId: bosId,
    eosTokenId: eosId,
  });
}

function stage(recipe: Recipe, context: PlanContext, plan: Omit<StagePlan, "id" | "optimizer" | "flops">): StagePlan {
  const { clip, ...rest } = recipe.train.optimizer;
  const optimizer = optimizerOptions({ ...rest, clip: clip === "none" ? Number.MAX_VALUE : clip });
  checkSchedule(plan);
  checkMasks(plan);
  const flops = plan.tokens * flopsPerToken(plan.model, recipe.model.context);
  return { ...plan, optimizer, flops, id: stageId(recipe, context, { ...plan, optimizer }) };
}
