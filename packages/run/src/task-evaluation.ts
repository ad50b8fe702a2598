// Evaluation tasks of a recipe: found and checked before anything trains, and run on each stage's final model once all
// have trained. No stage's bits depend on them.

import { resolve } from "node:path";
import type { Device } from "@cambium/backend";
import type { Tokenizer } from "@cambium/data";
import type { PreparedData } from "@cambium/data/node";
import { askedOf, type Evaluated, resolveTask } from "@cambium/eval";
import { type AskedTask, evaluateRows, findDataSet, readDataSet, scoresIdentity } from "@cambium/eval/node";
import { Scorer } from "@cambium/inference";
import { Mistakes } from "@cambium/ir";
import type { PluginImporter } from "@cambium/plugin";
import type { ArmPlan, PlannedStage, Recipe } from "@cambium/recipe";
import type { StageEvaluation, TaskResult } from "@cambium/run-format";
import type { RunDirectory } from "@cambium/run-format/node";
import { readParameters } from "./checkpoint-start.js";
import type { RunObserver } from "./observer.js";

/** The parts of a run that evaluation needs. */
export interface EvaluatedRun {
  readonly tasks: readonly AskedTask[];
  readonly directory: RunDirectory;
  readonly device: Device;
  readonly data: Pick<PreparedData, "tokenizer">;
  readonly observer: RunObserver;
  readonly signal: AbortSignal | undefined;
  /** Waits until a stage may be worked on. @returns a function that ends the turn */
  readonly stageGate: ((id: string) => Promise<() => void>) | undefined;
}

/** @throws CambiumError for missing tasks, and for rows that are missing, do not fit or cannot be encoded. */
export async function prepareTasks(
  { evaluate, model }: Recipe,
  projectDir: string,
  importer: PluginImporter,
  tokenizer: Tokenizer,
): Promise<AskedTask[]> {
  const { tasks, data, limit } = evaluate;
  if (data === undefined) return [];
  const mistakes = new Mistakes();
  const prepared: AskedTask[] = [];
  for (const { name, ...options } of tasks) {
    await mistakes.check(async () => {
      const task = await resolveTask(name, importer);
      const set = await findDataSet(resolve(projectDir, data), task);
      const { rows } = await readDataSet(set, limit);
      askedOf({ task, options, rows, tokenizer, longest: model.context, where: set.files.join(", ") });
      prepared.push({ task, options, rows });
    });
  }
  mistakes.throwIfAny();
  return prepared;
}

/** Evaluates what is not evaluated yet. @returns whether there was anything; @throws the signal's reason */
export async function evaluateStages(run: EvaluatedRun, arms: readonly ArmPlan[]): Promise<boolean> {
  const stages = new Map(arms.flatMap((arm) => arm.stages.map((planned) => [planned.id, planned] as const)));
  let fresh = false;
  for (const planned of run.tasks.length > 0 ? stages.values() : []) {
    const leave = await run.stageGate?.(planned.id);
    const did = await evaluateStage(run, planned).finally(() => leave?.());
    fresh ||= did;
  }
  return fresh;
}

async function evaluateStage(run: EvaluatedRun, planned: PlannedStage): Promise<boolean> {
  const { directory, device, tasks } = run;
  const stage = directory.stage(planned.id);
  const before = (await stage.readEvaluation())?.tasks ?? {};
  const done = new Map<string, TaskResult>();
  for (const one of tasks) {
    const known = before[one.task.name];
    if (known?.identity === identityOf(run, one)) done.set(one.task.name, known);
  }
  const rest = tasks.filter(({ task }) => !done.has(task.name));
  if (rest.length === 0 && done.size === Object.keys(before).length) return false;
  if (rest.length > 0) {
    const { model } = planned.stage;
    using scorer = await Scorer.open(device, model, await readParameters(stage.model, model));
    for (const one of rest) {
      done.set(one.task.name, await evaluateTask(run, planned, one, scorer));
      await stage.writeEvaluation(inOrder(done, tasks));
    }
  } else await stage.writeEvaluation(inOrder(done, tasks));
  return rest.length > 0;
}

async function evaluateTask(
  run: EvaluatedRun,
  planned: PlannedStage,
  one: AskedTask,
  scorer: Scorer,
): Promise<TaskResult> {
  const { task } = one;
  const identity = identityOf(run, one);
  const evaluated = await evaluateRows({
    ...{ ...one, scorer, tokenizer: run.data.tokenizer, identity, signal: run.signal },
    journal: run.directory.stage(planned.id).scores(task.name),
    onProgress: (done, total, secondsLeft) => {
      run.observer.onEvaluation?.(planned, { task: task.name, done, total, secondsLeft });
    },
  });
  return { version: task.version, identity, documents: evaluated.documents, metrics: figures(evaluated) };
}

function figures({ metrics }: Evaluated): TaskResult["metrics"] {
  const written = Object.entries(metrics).map(([name, { value, stderr, better }]) => {
    const error = stderr !== undefined && Number.isFinite(stderr) ? { stderr } : {};
    return [name, { value: Number.isFinite(value) ? value : null, ...error, better }] as const;
  });
  return Object.fromEntries(written);
}

function inOrder(done: ReadonlyMap<string, TaskResult>, tasks: readonly AskedTask[]): StageEvaluation {
  const there = tasks.flatMap(({ task: { name } }) => {
    const result = done.get(name);
    return result ? [[name, result] as const] : [];
  });
  return { tasks: Object.fromEntries(there) };
}

/** Of the scores of a given model. */
function identityOf({ data, device }: EvaluatedRun, one: AskedTask): string {
  const { backend, version, device: computes } = device.info;
  return scoresIdentity(one, { tokenizer: data.tokenizer.fingerprint, backend, version, computes });
}
