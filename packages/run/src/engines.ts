// The engines of a run: the local one, and those that the recipe names. What an engine cannot do is reported before
// anything starts.
import type { Device } from "@cambium/backend";
import { enginePlugin, type PreparedEngine } from "@cambium/engine";
import { CambiumError, type Reason } from "@cambium/ir";
import { type PluginImporter, resolvePlugin } from "@cambium/plugin";
import { type ArmPlan, localEngineName, type Recipe, type Stage, stageEngine } from "@cambium/recipe";
import { requirePrecision } from "@cambium/train";
import type { Handover } from "./handover.js";
import { localEngine } from "./local-engine.js";

/** Engines in the recipe's order; undefined for the local one. */
export type RecipeEngines = readonly (PreparedEngine | undefined)[];

/** @throws CambiumError as `resolvePlugin` and `Engine.prepare`. */
export async function resolveEngines({ train }: Recipe, importer: PluginImporter): Promise<RecipeEngines> {
  return Promise.all(
    (train.engine ?? []).map(async (use) => {
      if (use.name === localEngineName) return undefined;
      const { plugin } = await resolvePlugin(enginePlugin, use.name, importer, [localEngineName]);
      return plugin.prepare(stageEngine(use).options);
    }),
  );
}

/**
 * Before a run writes anything; what an engine cannot do depends on neither text nor device.
 * @throws CambiumError `E_ENGINE_CANNOT` naming everything that is assigned to an engine that cannot do it
 */
export function checkEngines(recipe: Recipe, engines: RecipeEngines, arms: readonly ArmPlan[]): void {
  const others = byKey(recipe, engines);
  const reasons = arms.flatMap(({ name, stages }) =>
    stages.flatMap(({ stage }) => {
      const refused = (stage.engine && others.get(keyOf(stage.engine)))?.refusals(stage) ?? [];
      return refused.map((reason): Reason => ({ ...reason, where: `${name}, stage "${stage.name}"` }));
    }),
  );
  if (reasons.length === 0) return;
  throw new CambiumError("E_ENGINE_CANNOT", "an engine cannot train what the recipe gives it", {
    reasons,
    hint: "name the stages that it can train in train.engine (stages, arms): the others are trained here",
  });
}

/** The engines that are not the local one. */
function byKey({ train }: Recipe, engines: RecipeEngines): ReadonlyMap<string, PreparedEngine> {
  const others = new Map<string, PreparedEngine>();
  for (const [i, use] of (train.engine ?? []).entries()) {
    const engine = engines[i];
    if (engine) others.set(keyOf(stageEngine(use)), engine);
  }
  return others;
}

/** Finds the engine of a stage. */
export class Engines {
  readonly #local: PreparedEngine;
  readonly #others: ReadonlyMap<string, PreparedEngine>;

  /** @param engines those of `recipe` */
  constructor(
    private readonly device: Device,
    handover: Handover,
    recipe: Recipe,
    private readonly engines: RecipeEngines,
  ) {
    this.#local = localEngine(device, handover);
    this.#others = byKey(recipe, engines);
  }

  /** What computes in this process, as stages record it. */
  get localDevice(): string {
    return this.#local.device;
  }

  /** The same for each engine of the recipe. */
  get devices(): readonly string[] {
    return this.engines.map((engine) => (engine ?? this.#local).device);
  }

  of({ engine }: Stage): PreparedEngine {
    return (engine && this.#others.get(keyOf(engine))) ?? this.#local;
  }

  /** Whether the state may stay on the run's device from one of the stages to the next. */
  areLocal(...stages: readonly Stage[]): boolean {
    return stages.every((stage) => this.of(stage) === this.#local);
  }

  /** @throws CambiumError `E_UNSUPPORTED` for a precision that the device does not have. */
  check(arms: readonly ArmPlan[]): void {
    const here = arms.flatMap(({ stages }) => stages.filter(({ stage }) => this.areLocal(stage)));
    for (const { stage } of here) requirePrecision(this.device.info, stage.precision);
  }
}

function keyOf({ name, options }: NonNullable<Stage["engine"]>): string {
  return JSON.stringify([name, options]);
}
