// Runs the arms of a run on one device. Finished stages are cached, so that the same command always continues where the
// last one stopped.

import { type Device, describeDevice } from "@cambium/backend";
import type { ExtraFile } from "@cambium/checkpoint";
import type { PreparedData } from "@cambium/data/node";
import { stepTokens, type TrainJob } from "@cambium/engine";
import type { AskedTask } from "@cambium/eval/node";
import { writeFileAtomic } from "@cambium/files";
import type { Family } from "@cambium/model";
import {
  type ArmPlan,
  corpusName,
  type PlannedStage,
  planArms,
  type Recipe,
  type RecipeOperators,
  recipeSeeds,
} from "@cambium/recipe";
import { type RunManifest, runFormatVersion } from "@cambium/run-format";
import type { RunDirectory } from "@cambium/run-format/node";
import { stringify } from "yaml";
import type { Checkpoint } from "./checkpoint-start.js";
import { profileDepth } from "./depth-profile.js";
import { earlierStage } from "./earlier-stage.js";
import { Engines, type RecipeEngines } from "./engines.js";
import { Handover } from "./handover.js";
import { machineInfo, requireMemory } from "./machine.js";
import type { RunObserver } from "./observer.js";
import { portableRecipe } from "./portable-recipe.js";
import { concludeTrial, type Trial, trialAt } from "./probe.js";
import { runStage } from "./stage-runner.js";
import { evaluateStages } from "./task-evaluation.js";
import type { ArmEvents } from "./tensorboard-file.js";
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
  /** The directory that the recipe's paths are relative to. */
  readonly projectDir: string;
  /** run.json as it was before this attempt. */
  readonly before: RunManifest | undefined;
  readonly directory: RunDirectory;
  readonly device: Device;
  readonly data: PreparedData;
  readonly observer: RunObserver;
  readonly operators: RecipeOperators;
  readonly engines: RecipeEngines;
  readonly family: Family;
  readonly checkpoint: Checkpoint | undefined;
  readonly teachers: ReadonlyMap<string, Checkpoint>;
  readonly files: readonly ExtraFile[];
  readonly signal: AbortSignal | undefined;
  readonly saveRequests: (() => number) | undefined;
  readonly stageGate: StageGate | undefined;
  readonly handOver: TrainJob["handOver"];
  /** What each stage's final model is evaluated on. */
  readonly tasks: readonly AskedTask[];
}

/** Waits until the stage with this id may be run. @returns a function that ends the turn */
export type StageGate = (id: string) => Promise<() => void>;

/** What this attempt at the run has done so far. */
interface Attempt {
  /** Tokens after which stages with an open end have ended. */
  readonly decided: Map<string, number>;
  /** A growth that is tried now: planned as if it were decided. */
  trial: Trial | undefined;
  /** Places of stages that were done or found done. */
  readonly passed: Set<string>;
  trained: boolean;
  /** recipe.yaml and run.json are of this recipe. */
  published: boolean;
}

export async function runArms(run: PreparedRun): Promise<RunOutcome> {
  const { state, arms, trained } = await trainArms(run);
  const profiled = state === "done" && (await profileDepth(run, arms));
  const evaluated = state === "done" && (await evaluateStages(run, arms));
  if (state === "done") await publish(run, arms, state);
  return { state, directory: run.directory.path, cached: state === "done" && !trained && !evaluated && !profiled };
}

async function trainArms(
  run: PreparedRun,
): Promise<{ readonly state: RunOutcome["state"]; readonly arms: readonly ArmPlan[]; readonly trained: boolean }> {
  const { recipe, device, data, operators, family, checkpoint, teachers } = run;
  using handover = new Handover(device);
  const engines = new Engines(device, handover, recipe, run.engines);
  const { vocabSize, bosId, eosId } = data.tokenizer;
  const around = {
    ...{ vocabSize, bosId, eosId, operators, family, teachers },
    dataContent: data.stats.content,
    device: engines.localDevice,
    engines: engines.devices,
    ...(checkpoint && { checkpoint }),
  };
  const attempt: Attempt = {
    ...{ decided: new Map(), trial: undefined, passed: new Set() },
    ...{ trained: false, published: false },
  };
  for (;;) {
    const { decided, trial } = attempt;
    const arms = planArms(recipe, around, trial ? new Map([...decided, [trial.paused.id, trial.tokens]]) : decided);
    const state = await runPlanned(run, arms, attempt, { handover, engines });
    if (state === "decided") continue;
    return { state, arms, trained: attempt.trained };
  }
}

/** `decided`: a stage with an open end has ended, or its growth is on trial: later stages must be planned again. */
async function runPlanned(
  run: PreparedRun,
  arms: readonly ArmPlan[],
  attempt: Attempt,
  trainers: { readonly handover: Handover; readonly engines: Engines },
): Promise<RunOutcome["state"] | "decided"> {
  const { recipe, directory, device, data, observer, signal, saveRequests, files, checkpoint } = run;
  trainers.engines.check(arms);
  requireMemory(arms.flatMap(({ stages }) => stages.map(({ stage }) => stage)));
  observer.onPlan?.(arms, await doneStages(directory, arms));
  // The directory shows the previous run until this one has saved something.
  attempt.published ||= run.before === undefined || (run.before.state === "running" && isPlan(run.before, arms));
  if (attempt.published) await publish(run, arms, "running");
  const onSaved = async () => {
    if (!attempt.published) await publish(run, arms, "running");
    attempt.published = true;
  };
  const common = {
    onSaved,
    ...{ directory, device, data, observer, signal, saveRequests, handOver: run.handOver, ...trainers },
    companions: { files, config: checkpoint?.configJson },
    snapshotSeconds: recipe.snapshot.everySeconds,
  };
  for (const arm of arms) {
    let before: ArmEvents["before"] = { step: 0, tokens: 0, flops: 0 };
    for (const [i, planned] of arm.stages.entries()) {
      const events = { folder: directory.tensorboard(arm.name), before };
      before = after(before, planned);
      const place = `${arm.name}/${i}`;
      if (attempt.passed.has(place)) continue;
      const [parent, next] = [arm.stages[i - 1], arm.stages[i + 1]];
      // It is paused while its growth is on trial.
      if (attempt.trial?.paused.id === planned.id) continue;
      const trial = attempt.trial?.paused.id === parent?.id ? attempt.trial : undefined;
      const samples = next === undefined ? { ...recipe.samples, seed: recipe.seed } : undefined;
      const earlier = run.before && (await earlierStage(planned, { arm: arm.name, index: i }, run.before, directory));
      const tryFor = trial && { tryFor: trial.budget };
      const leave = await run.stageGate?.(planned.id);
      const surroundings = { ...common, events, earlier, samples, next, ...tryFor };
      const { state, tokens } = await runStage(planned, surroundings).finally(() => leave?.());
      if (state === "interrupted") return state;
      if (trial) {
        const probe = await concludeTrial(trial, planned, directory);
        if (probe.grew) attempt.decided.set(trial.paused.id, trial.tokens);
        observer.onProbe?.(trial.paused, probe);
        attempt.trial = undefined;
        return "decided";
      }
      if (state === "paused") {
        attempt.trial = trialAt(planned, tokens);
        return "decided";
      }
      if (state === "done") attempt.trained = true;
      attempt.passed.add(place);
      if (!planned.open) continue;
      attempt.decided.set(planned.id, tokens);
      return "decided";
    }
  }
  return "done";
}

/** The totals of an arm once `planned` is done. */
function after(before: ArmEvents["before"], { stage, tokens, flops }: PlannedStage): ArmEvents["before"] {
  const step = tokens / stepTokens(stage);
  return { step: before.step + step, tokens: before.tokens + tokens, flops: before.flops + flops };
}

async function doneStages(directory: RunDirectory, arms: readonly ArmPlan[]): Promise<ReadonlySet<string>> {
  const ids = arms.flatMap(({ stages }) => stages.map(({ id }) => id));
  const done = await Promise.all(ids.map(async (id) => (await directory.stage(id).read())?.state === "done"));
  return new Set(ids.filter((_, i) => done[i]));
}

/** Whether `manifest` has the same stages as `arms`. */
function isPlan(manifest: RunManifest, arms: readonly ArmPlan[]): boolean {
  const ids = ({ stages }: { readonly stages: readonly unknown[] }) => JSON.stringify(stages);
  const planned = arms.map(({ name, stages }) => ({ name, stages: stages.map(({ id }) => id) }));
  return (
    manifest.arms.length === planned.length &&
    planned.every((arm, i) => arm.name === manifest.arms[i]?.name && ids(arm) === ids(manifest.arms[i]))
  );
}

/** Makes the directory show this recipe. */
async function publish(run: PreparedRun, arms: readonly ArmPlan[], state: RunManifest["state"]): Promise<void> {
  const { recipe, directory, projectDir } = run;
  await writeFileAtomic(directory.recipe, recipeText(portableRecipe(recipe, projectDir, directory.path)));
  await directory.write({ ...describeRun(run, arms), state });
}

function describeRun({ recipe, device, data }: PreparedRun, arms: readonly ArmPlan[]): Omit<RunManifest, "state"> {
  const { backend: name, version: engine } = device.info;
  return {
    formatVersion: runFormatVersion,
    name: recipe.name,
    cambium: version,
    machine: machineInfo(),
    backend: { name, version: engine, device: describeDevice(device.info) },
    data: {
      corpus: corpusName(recipe.data),
      tokenizer: data.tokenizer.name,
      trainTokens: data.stats.train.tokens,
      heldOutTokens: data.stats.heldOut.tokens,
    },
    ...(recipe.seeds > 1 && { seeds: recipeSeeds(recipe) }),
    arms: arms.map((arm) => ({ name: arm.name, stages: arm.stages.map(({ id }) => id) })),
  };
}

function recipeText(recipe: Recipe): string {
  return `# The recipe as it was run: every default written out, paths from here.\n${stringify(recipe)}`;
}
