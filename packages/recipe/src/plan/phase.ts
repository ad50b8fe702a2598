// How a stage trains: the phase that its growth asks for, with what the recipe adds: the rates and the decay of some
// parameters, and sub-models.
import { type GrowthPlan, newTensors, planTables } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import {
  type ModelSpec,
  type ParameterGroup,
  type ParameterKind,
  type Phase,
  parameterTable,
  phaseReasons,
} from "@cambium/model";
import type { GrowthStep, Recipe } from "../schema.js";

/** The growth that a stage begins with. */
export interface BeginningGrowth {
  readonly plan: GrowthPlan;
  readonly step: GrowthStep;
  /** Its place in the recipe. */
  readonly index: number;
}

type Settings = Omit<ParameterGroup, "parameters">;
const plain: Settings = { lr: 1, warmup: 0, decay: true };

/**
 * `phase`, with groups for parameters that have their own rate or decay, and the sub-models of `growth`.
 * @throws CambiumError `E_SCHEDULE` for `rewarm-new` at a growth that makes no new tensors, `E_RECIPE` for sub-models
 * that the model does not have.
 */
export function phaseOf({ train }: Recipe, model: ModelSpec, phase: Phase, growth?: BeginningGrowth): Phase {
  const { undecayed } = train.optimizer;
  const factors: { readonly [K in ParameterKind]?: number | undefined } = train.lrFactors;
  const warmed = growth?.step.schedule === "rewarm-new" ? newOf(growth) : new Set<string>();
  const warmup = growth?.step.warmup ?? train.warmup;
  const asked = new Map(phase.groups?.flatMap((group) => group.parameters.map((name) => [name, group] as const)));
  const frozen = new Set(phase.frozen);
  const groups = new Map<string, Settings & { readonly parameters: string[] }>();
  for (const { name, kind } of parameterTable(model)) {
    if (frozen.has(name)) continue;
    const own = asked.get(name) ?? plain;
    const settings: Settings = {
      lr: own.lr * (factors[kind] ?? 1),
      warmup: warmed.has(name) ? Math.max(own.warmup, warmup) : own.warmup,
      decay: own.decay && !undecayed.includes(kind),
    };
    const key = JSON.stringify(settings);
    if (key === JSON.stringify(plain)) continue;
    const group = groups.get(key) ?? { parameters: [], ...settings };
    group.parameters.push(name);
    groups.set(key, group);
  }
  const { groups: _, ...rest } = phase;
  const whole = groups.size === 0 ? rest : { ...rest, groups: [...groups.values()] };
  return growth ? inSubmodels(whole, model, growth) : whole;
}

function inSubmodels(phase: Phase, model: ModelSpec, { step, index }: BeginningGrowth): Phase {
  if (!step.submodels) return phase;
  const { depths, top, tokens } = step.submodels;
  const divided = { ...phase, submodels: { depths, tokens, ...(top !== undefined && { top }) } };
  const reasons = phaseReasons(divided, parameterTable(model));
  if (reasons.length === 0) return divided;
  throw new CambiumError("E_RECIPE", "the grown model cannot be trained this way", {
    where: `growth.${index}`,
    reasons,
  });
}

function newOf({ plan, index }: BeginningGrowth): ReadonlySet<string> {
  const made = newTensors(plan, planTables(plan));
  if (made.length > 0) return new Set(made);
  throw new CambiumError("E_SCHEDULE", "a warm-up of the new tensors alone needs new tensors", {
    where: `growth.${index}.schedule`,
    got: `rewarm-new, and ${plan.operator.name}, which only changes what is there`,
    hint: "schedule: rewarm warms up everything",
  });
}
