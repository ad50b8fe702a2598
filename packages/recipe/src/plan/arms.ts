// The arms of a recipe: stages with their models, budgets and identities, decided before anything trains.
import { type FindCost, findCost } from "@cambium/grow";
import { type GrowthPlan, type Operator, planJson, planNeeds } from "@cambium/growth";
import { llama, type ModelSpec, modelSpec, plainPhase } from "@cambium/model";
import type { GrowthStep, Recipe } from "../schema.js";
import { budgetOf, wholeSteps } from "./budget.js";
import { checkFit, checkMasks, checkProbe, checkSchedule, masksOpenAfter } from "./checks.js";
import { type Cost, costOf } from "./cost.js";
import { distillOf } from "./distill.js";
import { checkEngines, computesWith } from "./engine.js";
import { type ArmBudget, untilOf } from "./growth-time.js";
import { digestOf, stageId } from "./identity.js";
import { phaseOf } from "./phase.js";
import { probesBefore } from "./probe.js";
import { scheduleOf } from "./schedule.js";
import { settingsOf } from "./settings.js";
import type { ArmPlan, PlannedStage, Stage, StageStart, Until } from "./stage.js";
import type { PlanSurroundings } from "./surroundings.js";

/** Tokens after which stages with an open end have ended, by the stage's id. */
export type Decided = ReadonlyMap<string, number>;

/**
 * The arms of a recipe, the grown one first. A stage whose end is decided while it runs is planned at its longest, and
 * so are the stages after it, until `decided` says when it ended.
 * @throws CambiumError `E_RECIPE` for a checkpoint that the rest of the recipe does not fit, `E_SCHEDULE` for a
 * learning rate that makes no sense over a stage's tokens, `E_GROWTH_TIMING`, `E_GROWTH_MASKS` for masks that outlast
 * their stage; what an operator's `plan` throws.
 */
export function planArms(recipe: Recipe, around: PlanSurroundings, decided: Decided = new Map()): ArmPlan[] {
  checkFit(recipe, around);
  const links = linksOf(recipe, around, around.operators.growth);
  const target = (links.at(-1) as Link).model;
  const budget = budgetOf(recipe, target);
  const arm = (name: string, of: Recipe, chain: readonly Link[]) => {
    return { name, stages: planArm({ name, recipe: of, around, decided, links: chain, budget }) };
  };
  const arms: ArmPlan[] = [arm(recipe.growth.length > 0 ? "grown" : "base", recipe, links)];
  if (recipe.growth.length > 0 && recipe.compare.includes("scratch")) {
    const phase = phaseOf(recipe, target, plainPhase);
    const alone = linkOf(recipe, { name: "scratch", model: target, start: initial(recipe), phase });
    arms.push(arm("scratch", { ...recipe, growth: [] }, [alone]));
  }
  recipe.variants.forEach(({ options, distill }, i) => {
    const operator = around.operators.variants[i] as Operator;
    const growth = recipe.growth.map((step) => ({ ...step, options, distill }));
    const variant = { ...recipe, growth };
    const chain = linksOf(variant, around, Array(growth.length).fill(operator));
    const alike = arms.filter(({ name }) => name.replace(/-\d+$/, "") === operator.name).length;
    arms.push(arm(alike === 0 ? operator.name : `${operator.name}-${alike + 1}`, variant, chain));
  });
  checkEngines(recipe, arms);
  return arms;
}

/** A stage of an arm before its tokens are known. */
interface Link extends Pick<Stage, "name" | "model" | "phase" | "distill"> {
  /** The growth that it begins with, or how its arm begins. */
  readonly start: StageStart | { readonly kind: "grown"; readonly plan: GrowthPlan; readonly step: GrowthStep };
  /** The cost of what the growth must find first. */
  readonly find?: FindCost;
  readonly cost: Cost;
}

/** The models of an arm: the first one, and the result of each growth. */
function linksOf(recipe: Recipe, around: PlanSurroundings, operators: readonly Operator[]): Link[] {
  const { checkpoint } = around;
  const start: StageStart = checkpoint
    ? { kind: "checkpoint", path: checkpoint.path, fingerprint: checkpoint.fingerprint }
    : initial(recipe);
  const base = checkpoint?.model ?? baseModel(recipe, around);
  const links: Link[] = [
    linkOf(recipe, { name: "base", model: base, start, phase: phaseOf(recipe, base, plainPhase) }),
  ];
  for (const [i, step] of recipe.growth.entries()) {
    const { factor, layers, options } = step;
    const given = { ...options, ...(factor !== undefined && { factor }), ...(layers !== undefined && { layers }) };
    const plan = (operators[i] as Operator).plan((links[i] as Link).model, given);
    const name = i + 1 === recipe.growth.length ? "target" : `stage-${i + 2}`;
    const find = findOf(recipe, plan);
    const phase = phaseOf(recipe, plan.target, plan.phase, { plan, step, index: i });
    const models = { base: plan.base, model: plan.target, index: i };
    const distill = distillOf(step, models, { context: recipe.model.context, teachers: around.teachers });
    const begun = { start: { kind: "grown", plan, step } as const, phase };
    links.push(
      linkOf(recipe, { name, model: plan.target, ...begun, ...(find && { find }), ...(distill && { distill }) }),
    );
  }
  return links;
}

function linkOf({ model: { context } }: Recipe, link: Omit<Link, "cost">): Link {
  return { ...link, cost: costOf({ ...link, context }) };
}

function findOf({ model, train }: Recipe, plan: GrowthPlan): FindCost | undefined {
  if (!planNeeds(plan).includes("given")) return undefined;
  return findCost(plan, { batch: train.batch, context: model.context });
}

interface Arm {
  readonly name: string;
  readonly recipe: Recipe;
  readonly around: PlanSurroundings;
  readonly decided: Decided;
  readonly links: readonly Link[];
  /** FLOPs that the arm may spend. */
  readonly budget: number;
}

function planArm(arm: Arm): PlannedStage[] {
  const { recipe, around, decided, links } = arm;
  const stages: PlannedStage[] = [];
  const ended: number[] = [];
  let position = 0;
  for (const [i, link] of links.entries()) {
    // Tokens that finding reads are not read again.
    position += link.find?.tokens ?? 0;
    const untils = untilsOf(arm, ended);
    const times = untils.map((until, k) => ({ tokens: ended[k] ?? longest(until), open: !isDecided(until, ended[k]) }));
    const until = untils[i] as Until;
    const probed = probedBefore(link, untils[i - 1], ended[i - 1]);
    const stage: Stage = {
      ...settingsOf(recipe),
      ...computesWith(recipe, around, { arm: arm.name, stage: link.name }),
      ...{ name: link.name, model: link.model, phase: link.phase, until },
      ...(link.distill && { distill: link.distill }),
      start: startOf(link, stages.at(-1), probed),
      data: { content: around.dataContent, position },
      schedule: scheduleOf(recipe, times, i),
    };
    const id = stageId(stage);
    const end = until.kind === "tokens" ? until.tokens : decided.get(id);
    const tokens = end ?? longest(until);
    if (end !== undefined) ended[i] = end;
    checkSchedule(stage);
    checkMasks(stage, tokens);
    checkProbe(untils[i - 1], i - 1, tokens);
    position += tokens;
    const flops = link.cost.flops(tokens) + (link.find?.flops ?? 0) + probed.flops;
    stages.push({ id, stage, tokens, flops, open: end === undefined });
  }
  return stages;
}

/** When an arm's stages end; `ended` has the tokens of those already decided. */
function untilsOf({ recipe, links, budget }: Arm, ended: readonly number[]): Until[] {
  const target = (links.at(-1) as Link).model;
  const untils: Until[] = [];
  let spent = 0;
  for (const [i, link] of links.entries()) {
    const { model, phase, find, cost } = link;
    const [before, next] = [untils[i - 1], links[i + 1]];
    const found = (find?.flops ?? 0) + probedBefore(link, before, ended[i - 1]).flops;
    spent += found;
    const least = Math.max(masksOpenAfter(phase), before?.kind === "probe" ? before.budget : 0);
    const until: Until = next
      ? untilOf(recipe, i, model, {
          cost,
          flops: budget,
          spent,
          found,
          target,
          least,
          probe: probeOf(recipe, i, next, budget),
        })
      : { kind: "tokens", tokens: wholeSteps(recipe, Math.max(1, cost.tokens(budget - spent))) };
    untils.push(until);
    spent += cost.flops(ended[i] ?? longest(until));
  }
  return untils;
}

/** Probes of the growth `index`, which `link` begins with, in an arm that may spend `budget` FLOPs. */
function probeOf(recipe: Recipe, index: number, link: Link, budget: number): ArmBudget["probe"] {
  const { start, distill } = link;
  return {
    flops: (tokens) => probeFlops(link, tokens),
    trial: () => {
      const plan = start.kind === "grown" ? planJson(start.plan) : null;
      const teacher = distill?.from.kind === "checkpoint" ? [distill.from.fingerprint] : [];
      return digestOf([recipe.growth.slice(index), recipe.train, plan, budget, ...teacher]);
    },
  };
}

/** FLOPs of a probe that trains `link` for `tokens` tokens. */
function probeFlops({ find, cost }: Link, tokens: number): number {
  return cost.flops(tokens) + (find?.flops ?? 0);
}

/** The failed probes of `link`'s growth, if the stage before ends by a probe. @param ended its tokens, if known */
function probedBefore(link: Link, before: Until | undefined, ended: number | undefined) {
  if (before?.kind !== "probe") return { count: 0, flops: 0 };
  const count = probesBefore(before, ended ?? before.most);
  return { count, flops: count * probeFlops(link, before.budget) };
}

/** The most tokens that a stage takes. */
function longest(until: Until): number {
  return until.kind === "tokens" ? until.tokens : until.most;
}

function isDecided(until: Until, end: number | undefined): boolean {
  return until.kind === "tokens" || end !== undefined;
}

function startOf(
  { start, find }: Link,
  parent: PlannedStage | undefined,
  probed: { readonly count: number; readonly flops: number },
): StageStart {
  if (start.kind !== "grown") return start;
  const { id, tokens } = parent as PlannedStage;
  return {
    kind: "growth",
    parent: { id, tokens },
    plan: start.plan,
    moments: start.step.moments,
    ...(find && { find }),
    ...(probed.count > 0 && { probed }),
  };
}

function initial({ seed, model }: Recipe): StageStart {
  return { kind: "init", seed: String(seed), scheme: model.init ?? "paper" };
}

function baseModel({ model }: Recipe, { vocabSize, bosId, eosId, family = llama }: PlanSurroundings): ModelSpec {
  const { layers = 0, hidden = 0, heads = 0, intermediate = 0 } = model;
  return modelSpec<object, object>(family, {
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
