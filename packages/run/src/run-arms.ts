// The arms of a run on one device: stages in an order and with a cache such that the same command always goes on where the
// last one stopped.

import type { Device } from "@cambium/backend";
import type { ExtraFile } from "@cambium/checkpoint";
import type { PreparedData } from "@cambium/data/node";
import { writeFileAtomic } from "@cambium/files";
import type { Family } from "@cambium/model";
import { type ArmPlan, planArms, type Recipe, type RecipeOperators } from "@cambium/recipe";
import { type RunManifest, runFormatVersion } from "@cambium/run-format";
import type { RunDirectory } from "@cambium/run-format/node";
import { requirePrecision } from "@cambium/train";
import { stringify } from "yaml";
import type { Checkpoint } from "./checkpoint-start.js";
import { Handover } from "./handover.js";
import { machineInfo, requireMemory } from "./machine.js";
import type { RunObserver } from "./observer.js";
import { runStage, type StageContext } from "./stage-runner.js";
import { version } from "./version.js";

export interface RunOutcome {
  /** `interrupted`: by the signal; all that was done is saved. */
  readonly state: "done" | "interrupted";
  readonly directory: string;
  /** Nothing had to be trained. */
  readonly cached: boolean;
}

/** A recipe with all that it names. */
export interface PreparedRun {
  readonly recipe: Recipe;
  readonly directory: RunDirectory;
  readonly device: Device;
  readonly data: PreparedData;
  readonly observer: RunObserver;
  readonly operators: RecipeOperators;
  readonly family: Family;
  readonly checkpoint: Checkpoint | undefined;
  readonly files: readonly ExtraFile[];
  readonly signal: AbortSignal | undefined;
  readonly saveRequests: (() => number) | undefined;
}

/** What this sitting has done so far. */
interface Sitting {
  /** Tokens after which stages with an open end have ended. */
  readonly decided: Map<string, number>;
  /** Places of stages that were done or found done. */
  readonly passed: Set<string>;
  trained: boolean;
}

export async function runArms(run: PreparedRun): Promise<RunOutcome> {
  const { recipe, directory, device, data, operators, family, checkpoint } = run;
  requirePrecision(device.info, recipe.train.precision);
  const { backend, version: engine, device: computes } = device.info;
  const { vocabSize, bosId, eosId } = data.tokenizer;
  const context = {
    ...{ vocabSize, bosId, eosId, operators, family },
    dataContent: data.stats.content,
    device: `${backend} ${engine} ${computes}`,
    ...(checkpoint && { checkpoint }),
  };
  const sitting: Sitting = { decided: new Map(), passed: new Set(), trained: false };
  using handover = new Handover(device);
  for (;;) {
    const arms = planArms(recipe, context, sitting.decided);
    const state = await runPlanned(run, arms, sitting, handover);
    if (state === "decided") continue;
    if (state === "done") await directory.write({ ...describeRun(run, arms), state });
    return { state, directory: directory.path, cached: state === "done" && !sitting.trained };
  }
}

/** `decided`: a stage has ended that the plan had open, so that what comes after it is to be planned again. */
async function runPlanned(
  run: PreparedRun,
  arms: readonly ArmPlan[],
  sitting: Sitting,
  handover: Handover,
): Promise<RunOutcome["state"] | "decided"> {
  const { recipe, directory, device, data, observer, signal, saveRequests, files, checkpoint } = run;
  for (const { stage } of arms.flatMap(({ stages }) => stages)) requireMemory(stage);
  observer.onPlan?.(arms);
  await writeFileAtomic(directory.recipe, recipeText(recipe));
  await directory.write(describeRun(run, arms));
  const common: Omit<StageContext, "samples" | "next"> = {
    ...{ directory, device, data, observer, signal, saveRequests, handover },
    companions: { files, config: checkpoint?.configJson },
    snapshotSeconds: recipe.snapshot.everySeconds,
  };
  for (const arm of arms) {
    for (const [i, plan] of arm.stages.entries()) {
      const place = `${arm.name}/${i}`;
      if (sitting.passed.has(place)) continue;
      const next = arm.stages[i + 1];
      const samples = next === undefined ? { ...recipe.samples, seed: recipe.seed } : undefined;
      const { state, tokens } = await runStage(plan, { ...common, samples, next });
      if (state === "interrupted") return state;
      if (state === "done") sitting.trained = true;
      sitting.passed.add(place);
      if (!plan.open) continue;
      sitting.decided.set(plan.id, tokens);
      return "decided";
    }
  }
  return "done";
}

function describeRun({ recipe, device, data }: PreparedRun, arms: readonly ArmPlan[]): RunManifest {
  const { backend: name, version: engine, device: computes } = device.info;
  return {
    formatVersion: runFormatVersion,
    name: recipe.name,
    cambium: version,
    state: "running",
    machine: machineInfo(),
    backend: { name, version: engine, device: computes },
    data: {
      corpus: recipe.data.corpus,
      tokenizer: data.tokenizer.name,
      trainTokens: data.stats.train.tokens,
      heldOutTokens: data.stats.heldOut.tokens,
    },
    arms: arms.map((arm) => ({ name: arm.name, stages: arm.stages.map(({ id }) => id) })),
  };
}

function recipeText(recipe: Recipe): string {
  return `# The recipe as it was run: every default written out.\n${stringify(recipe)}`;
}
