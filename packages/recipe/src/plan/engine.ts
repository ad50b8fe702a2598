// Which engine trains which stage.
import { CambiumError, type Reason } from "@cambium/ir";
import type { EngineUse } from "../schema/train.js";
import type { Recipe } from "../schema.js";
import type { ArmPlan, EngineOptions, Stage, StageEngine } from "./stage.js";
import type { PlanSurroundings } from "./surroundings.js";

/** The engine that trains in the run's own process, on the run's backend. */
export const localEngineName = "local";

interface Place {
  readonly arm: string;
  readonly stage: string;
}

/** What computes a stage, as far as the stage records it. */
export function computesWith(
  { train }: Recipe,
  { device, engines = [] }: PlanSurroundings,
  place: Place,
): Pick<Stage, "device" | "engine"> {
  const index = (train.engine ?? []).findIndex((use) => takes(use, place));
  const use = train.engine?.[index];
  if (use === undefined || use.name === localEngineName) return { device };
  return { device: engines[index] ?? use.name, engine: stageEngine(use) };
}

/** An engine with its own options alone. */
export function stageEngine({ name, arms: _, stages: __, ...options }: EngineUse): StageEngine {
  return { name, options: options as EngineOptions };
}

function takes({ arms, stages }: EngineUse, { arm, stage }: Place): boolean {
  return (arms?.includes(arm) ?? true) && (stages?.includes(stage) ?? true);
}

/** @throws CambiumError `E_RECIPE` naming every arm and stage that an engine is assigned to and that does not exist. */
export function checkEngines({ train }: Recipe, arms: readonly ArmPlan[]): void {
  const names = {
    arms: arms.map(({ name }) => name),
    stages: [...new Set(arms.flatMap(({ stages }) => stages.map(({ stage }) => stage.name)))],
  };
  const reasons = (train.engine ?? []).flatMap((use, i): Reason[] => {
    const where = `train.engine.${i}`;
    const unknown = (["arms", "stages"] as const).flatMap((of) =>
      (use[of] ?? []).flatMap((name): Reason[] => {
        if (names[of].includes(name)) return [];
        const message = "there is none of this name";
        return [{ where: `${where}.${of}`, message, expected: names[of].join(", "), got: name }];
      }),
    );
    const trains = arms.some(({ name: arm, stages }) =>
      stages.some(({ stage }) => takes(use, { arm, stage: stage.name })),
    );
    if (unknown.length > 0 || trains) return unknown;
    const has = arms.map(({ name, stages }) => `${name}: ${stages.map(({ stage }) => stage.name).join(", ")}`);
    return [{ where, message: "none of its arms has one of its stages", expected: has.join("; ") }];
  });
  if (reasons.length > 0)
    throw new CambiumError("E_RECIPE", "an engine is assigned to an arm or a stage that does not exist", {
      where: "train.engine",
      reasons,
    });
}
