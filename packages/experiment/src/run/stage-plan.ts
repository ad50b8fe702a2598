// What a run consists of, decided before anything trains: stages with their models, budgets and identities.
import { createHash } from "node:crypto";
import type { GrowthPlan, Operator } from "@cambium/growth";
import { type LlamaConfig, llamaConfig } from "@cambium/model";
import { type ModelShape, trainFlops } from "@cambium/scaling";
import { type OptimizerOptions, optimizerOptions, type ScheduleOptions } from "@cambium/train";
import type { GrowthStep, Recipe } from "../recipe/schema.js";
import { checkFit, checkGrowth, checkMasks, checkSchedule } from "./stage-checks.js";

/** Part of every stage's identity: raise it when the same plan comes to mean other bits. */
const identityVersion = 1;

export interface StagePlan {
  readonly id: string;
  /** `base`, `stage-2` …, `target`; `scratch`. */
  readonly name: string;
  readonly config: LlamaConfig;
  /** Training tokens, a whole number of optimizer steps. */
  readonly tokens: number;
  /** Training FLOPs the stage will take, matrix work. */
  readonly flops: number;
  /** Position in the training stream of the stage's first token: what its arm has read before. */
  readonly dataPosition: number;
  readonly schedule: ScheduleOptions;
  readonly optimizer: OptimizerOptions;
  readonly start:
    | { readonly kind: "init"; readonly seed: string; readonly scheme: "paper" | "hf" }
    | { readonly kind: "checkpoint"; readonly path: string; readonly fingerprint: string }
    | {
        readonly kind: "growth";
        readonly from: StagePlan;
        readonly growth: GrowthPlan;
        readonly moments: GrowthStep["moments"];
      };
}

/** The operators a recipe names, resolved. */
export interface RecipeOperators {
  /** Of each growth. */
  readonly growth: readonly Operator[];
  /** Of each variant. */
  readonly variants: readonly Operator[];
}

export interface ArmPlan {
  /** `grown`, `scratch`, `base` where nothing grows, or a variant's operator. */
  readonly name: string;
  readonly stages: readonly StagePlan[];
}

/** What, besides the recipe, decides a stage's bits. */
export interface PlanContext {
  readonly vocabSize: number;
  /** Names text, tokenizer and split. */
  readonly dataContent: string;
  /** What computes: backend, its version, device. */
  readonly device: string;
  /** The checkpoint that `model.from` names. */
  readonly checkpoint?: { readonly path: string; readonly config: LlamaConfig; readonly fingerprint: string };
  /** Tokens that begin and end a text, where the tokenizer has them. */
  readonly bosId?: number | undefined;
  readonly eosId?: number | undefined;
  readonly operators: RecipeOperators;
}

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
      config: target.config,
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
    const stages = planGrown({ ...recipe, growth }, context, Array(growth.length).fill(operator), target.config);
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
  like?: LlamaConfig,
): StagePlan[] {
  const { growth, train } = recipe;
  const stages: StagePlan[] = [];
  const { checkpoint } = context;
  let config = checkpoint?.config ?? baseConfig(recipe, context);
  let start: StagePlan["start"] = checkpoint
    ? { kind: "checkpoint", path: checkpoint.path, fingerprint: checkpoint.fingerprint }
    : initial(recipe);
  let position = 0;
  for (let i = 0; i <= growth.length; i++) {
    const before = growth[i - 1];
    const last = i === growth.length;
    const tokens = wholeSteps(recipe, last ? remaining(recipe, stages, config, like) : (growth[i] as GrowthStep).at);
    const name = i === 0 ? "base" : last ? "target" : `stage-${i + 1}`;
    // A stage that will grow follows the schedule of a full run: its learning rate is not run down before growth.
    const plan = stage(recipe, context, {
      name,
      config,
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
      const grown = (operators[i] as Operator).plan(config, options);
      checkGrowth(i, grown);
      start = { kind: "growth", from: plan, growth: grown, moments: step.moments };
      config = grown.target;
    }
  }
  return stages;
}

/** Tokens of `config` that spend what `train.tokens` of `like` would, less what `stages` have spent. */
function remaining(recipe: Recipe, stages: readonly StagePlan[], config: LlamaConfig, like = config): number {
  const perToken = flopsPerToken(config, recipe.model.context);
  const budget = recipe.train.tokens * (flopsPerToken(like, recipe.model.context) / perToken);
  const spent = stages.reduce(
    (sum, { config: model, tokens }) => sum + tokens * flopsPerToken(model, recipe.model.context),
    0,
  );
  return Math.max(1, budget - spent / perToken);
}

function initial({ seed, model }: Recipe): StagePlan["start"] {
  return { kind: "init", seed: String(seed), scheme: model.init ?? "paper" };
}

function baseConfig({ model }: Recipe, { vocabSize, bosId, eosId }: PlanContext): LlamaConfig {
  const { layers = 0, hidden = 0, heads = 0, intermediate = 0 } = model;
  return llamaConfig({
    vocabSize,
    hiddenSize: hidden,
    intermediateSize: intermediate,
    layers,
    heads,
    kvHeads: model.kvHeads,
    headDim: model.headDim,
    contextLength: model.context,
    ropeTheta: model.ropeTheta,
    rmsNormEps: model.rmsNormEps,
    tieEmbeddings: model.tied,
    bosTokenId: bosId,
    eosTokenId: eosId,
  });
}

function wholeSteps({ model, train }: Recipe, tokens: number): number {
  const step = model.context * train.batch * train.accumulation;
  return Math.max(1, Math.round(tokens / step)) * step;
}

function scheduleOf({ train }: Recipe, totalTokens: number, growth?: GrowthStep): ScheduleOptions {
  const peak = growth?.lr ?? train.lr;
  const warmupTokens = growth?.warmup ?? train.warmup;
  return {
    kind: train.schedule,
    peak,
    floor: Math.min(peak, train.minLr ?? peak / 10),
    warmupTokens,
    totalTokens: Math.max(totalTokens, warmupTokens),
    ...(train.decay !== undefined && { decayTokens: train.decay }),
  };
}

function stage(recipe: Recipe, context: PlanContext, plan: Omit<StagePlan, "id" | "optimizer" | "flops">): StagePlan {
  const { clip, ...rest } = recipe.train.optimizer;
  const optimizer = optimizerOptions({ ...rest, clip: clip === "none" ? Number.MAX_VALUE : clip });
  checkSchedule(plan);
  checkMasks(plan);
  const flops = plan.tokens * flopsPerToken(plan.config, recipe.model.context);
  const hash = createHash("sha256").update(identity(recipe, context, { ...plan, optimizer }));
  return { ...plan, optimizer, flops, id: `${plan.name}-${hash.digest("hex").slice(0, 12)}` };
}

/** All that decides a stage's weights and metrics, and nothing else. Each field stands by its name. */
function identity(recipe: Recipe, context: PlanContext, plan: Omit<StagePlan, "id" | "flops">): string {
  const { config, tokens, dataPosition, optimizer, start } = plan;
  const { batch, accumulation, precision } = recipe.train;
  const { kind, peak, floor, warmupTokens, totalTokens, decayTokens } = plan.schedule;
  return JSON.stringify({
    identityVersion,
    ...{ config, tokens, dataPosition, optimizer, start: startIdentity(start) },
    // A constant rate asks neither where it ends nor when.
    schedule:
      kind === "constant" ? { peak, warmupTokens } : { kind, peak, floor, warmupTokens, totalTokens, decayTokens },
    ...{ seed: recipe.seed, time: recipe.model.context, batch, accumulation },
    // Absent in f32: stages that were trained before there was another keep their names.
    ...(precision !== "f32" && { precision }),
    evaluate: evaluation(recipe),
    ...{ dataContent: context.dataContent, device: context.device },
  });
}

function startIdentity(start: StagePlan["start"]): object {
  if (start.kind === "growth") return { ...start, from: start.from.id };
  return start.kind === "checkpoint" ? { ...start, path: undefined } : start;
}

/** What the held-out loss is measured on, and how often, in tokens: the recipe's, or what training can bear. */
export function evaluation({ evaluate, train }: Recipe): { readonly every: number; readonly tokens: number } {
  const { every = Math.ceil(train.tokens / 40), tokens = Math.min(65_536, Math.ceil(train.tokens / 16)) } = evaluate;
  return { every, tokens };
}

/** Exact training FLOPs per token, attention scores counted in full. */
export function flopsPerToken(config: LlamaConfig, context: number): number {
  return trainFlops(shapeOf(config), context, "full") / context;
}

function shapeOf(config: LlamaConfig): ModelShape {
  const {
    layers,
    hiddenSize: hidden,
    heads,
    kvHeads,
    headDim,
    intermediateSize: intermediate,
    vocabSize: vocab,
    tieEmbeddings: tied,
  } = config;
  return { layers, hidden, heads, kvHeads, headDim, intermediate, vocab, tied };
}
