// Runs one stage to its end: from its snapshot if it has one, else from new weights or grown ones. Whatever instant it
// is killed at, running it again ends in the same bits: weights, batches and learning rate depend on tokens alone.
import type { Device } from "@cambium/backend";
import { type JsonValue, hostSources, loadSnapshot, saveSnapshot, writeModelDirectory } from "@cambium/checkpoint";
import { type PreparedData, batchAt, evaluationBatches } from "@cambium/data";
import { growState } from "@cambium/growth";
import { CambiumError, type HostTensor } from "@cambium/ir";
import { countParameters, generate, initParameters, toHfConfig } from "@cambium/model";
import { type LoopResult, type Progress, Trainer, type TrainingState, flattenState, freshState, noProgress, schedule, trainLoop, unflattenState } from "@cambium/train";
import type { Recipe } from "../recipe/schema.js";
import type { GrowthRecord, StageManifest } from "../run-format.js";
import { growthRecord } from "./growth-record.js";
import { readParameters } from "./checkpoint-start.js";
import { MetricsFile } from "./metrics-file.js";
import type { RunObserver } from "./observer.js";
import type { RunDirectory, StageDirectory } from "./run-directory.js";
import type { StagePlan } from "./stage-plan.js";
import { TensorBoardFile } from "./tensorboard-file.js";

export interface StageContext {
  readonly recipe: Recipe;
  readonly directory: RunDirectory;
  readonly device: Device;
  readonly data: PreparedData;
  readonly observer: RunObserver;
  readonly signal: AbortSignal | undefined;
  /** Generate the text samples of an arm's final model. */
  readonly samples: boolean;
}

/** `cached`: it was done before. `aborted`: it was stopped, and its snapshot holds all it did. */
export type StageOutcome = "cached" | "done" | "aborted";

export async function runStage(plan: StagePlan, context: StageContext): Promise<StageOutcome> {
  const { recipe, device, observer } = context;
  const directory = context.directory.stage(plan.id);
  const finished = await directory.read();
  if (finished?.state === "done" && (finished.samples !== undefined || !context.samples)) {
    observer.onCached?.(plan);
    return "cached";
  }
  await directory.create();
  using trainer = await Trainer.open({
    device,
    config: plan.config,
    batch: recipe.train.batch,
    time: recipe.model.context,
    accumulation: recipe.train.accumulation,
    optimizer: plan.optimizer,
  });
  const { state, progress, growth } = await startingPoint(plan, context, directory);
  await trainer.load(state);
  const manifest: StageManifest = { ...describe(plan), state: "running", ...(growth && { growth }) };
  await directory.write(manifest);
  observer.onStage?.(plan, progress.step);

  const save = async (current: TrainingState, at: Progress) => {
    await saveStage(directory, current, at, growth);
    observer.onSnapshot?.(plan, at.step);
  };
  const { reason, progress: end } = await train(plan, context, trainer, progress, save, directory);
  if (reason === "aborted") return "aborted";
  const final = await trainer.state();
  await save(final, end);
  await writeModel(plan, directory, final.parameters);
  const samples = context.samples ? await sampleTexts(plan, context, trainer) : undefined;
  await directory.write({ ...manifest, state: "done", ...(samples && { samples }) });
  observer.onStageDone?.(plan);
  return "done";
}

async function train(
  plan: StagePlan,
  { recipe, data, observer, signal }: StageContext,
  trainer: Trainer,
  from: Progress,
  save: (state: TrainingState, progress: Progress) => Promise<void>,
  directory: StageDirectory,
): Promise<LoopResult> {
  const { batch } = recipe.train;
  const time = recipe.model.context;
  const heldOut = evaluationBatches(data.heldOut, { batch, time, windows: Math.max(batch, Math.floor(recipe.evaluate.tokens / time)) });
  const metrics = await MetricsFile.open(directory.metrics, from.step);
  const events = await TensorBoardFile.open(directory.tensorboard, from.step);
  try {
    return await trainLoop({
      trainer,
      schedule: schedule(plan.schedule),
      totalTokens: plan.tokens,
      from,
      batchAt: (position) => batchAt(data.train, { seed: recipe.seed, tokenPosition: plan.dataPosition + position, batch, time }),
      heldOut: {
        everyTokens: recipe.evaluate.every ?? Math.ceil(recipe.train.tokens / 40),
        batches: function* () {
          for (let i = 0; i < heldOut.count; i++) yield heldOut.at(i);
        },
      },
      snapshot: { everySeconds: recipe.snapshot.everySeconds, save },
      onMetrics: async (row) => {
        await metrics.append(row);
        await events.append(row);
        observer.onMetrics?.(plan, row);
      },
      memoryBytes: () => process.memoryUsage.rss(),
      ...(signal && { signal }),
    });
  } finally {
    await metrics.close();
    await events.close();
  }
}

interface Start {
  readonly state: TrainingState;
  readonly progress: Progress;
  readonly growth?: GrowthRecord;
}

async function startingPoint(plan: StagePlan, context: StageContext, directory: StageDirectory): Promise<Start> {
  const held = await readStage(directory, plan);
  if (held) {
    if (held.rejected.length > 0) context.observer.onRejectedSnapshot?.(plan, held.rejected);
    return held;
  }
  const { start } = plan;
  if (start.kind === "init") return { state: freshState(initParameters(plan.config, start)), progress: noProgress };
  if (start.kind === "checkpoint") return { state: freshState(await readParameters(start.path, plan.config)), progress: noProgress };
  const began = performance.now();
  const parent = await readStage(context.directory.stage(start.from.id), start.from);
  if (!parent) {
    throw new CambiumError("E_STAGE_LOST", `stage "${start.from.id}" is done but its snapshot is gone`, {
      where: context.directory.stage(start.from.id).snapshot,
      hint: "delete the stage's directory; the next run makes it again",
    });
  }
  const state = await growState(start.growth, parent.state, { moments: start.moments });
  const seconds = (performance.now() - began) / 1000;
  context.observer.onGrowth?.(plan, seconds);
  return { state, progress: noProgress, growth: growthRecord(start.growth, start.from.id, start.moments, seconds) };
}

async function saveStage(directory: StageDirectory, state: TrainingState, progress: Progress, growth?: GrowthRecord): Promise<void> {
  const held = { progress: { ...progress }, updates: state.updates, growth: growth ? { ...growth, layerMap: [...growth.layerMap] } : null };
  await saveSnapshot(directory.snapshot, { tensors: hostSources(flattenState(state)), state: held as JsonValue });
}

async function readStage(directory: StageDirectory, plan: StagePlan) {
  const snapshot = await loadSnapshot(directory.snapshot);
  if (!snapshot) return undefined;
  await using file = snapshot.tensors;
  const tensors: Record<string, HostTensor> = {};
  for (const name of file.tensors.keys()) tensors[name] = await file.read(name);
  const { progress, updates, growth } = snapshot.state as unknown as { progress: Progress; updates: number; growth: GrowthRecord | null };
  return { state: unflattenState(plan.config, tensors, updates), progress, rejected: snapshot.rejected, ...(growth && { growth }) };
}

async function writeModel(plan: StagePlan, directory: StageDirectory, parameters: Readonly<Record<string, HostTensor>>): Promise<void> {
  await writeModelDirectory(directory.model, {
    configJson: toHfConfig(plan.config, { dtype: "f32" }),
    tensors: hostSources(parameters),
    replace: true,
  });
}

async function sampleTexts(plan: StagePlan, { recipe, data, device }: StageContext, trainer: Trainer) {
  const { prompts, tokens, temperature } = recipe.samples;
  const { tokenizer } = data;
  const texts = prompts.length > 0 ? prompts : [tokenizer.decode(data.heldOut.read(0, Math.min(32, data.heldOut.length)))];
  const samples: { prompt: string; text: string }[] = [];
  for (const prompt of tokens > 0 ? texts : []) {
    const ids = [...tokenizer.encode(prompt)].slice(-Math.floor(plan.config.contextLength / 2));
    const maxNewTokens = Math.min(tokens, plan.config.contextLength - ids.length);
    const result = await generate(device, plan.config, trainer.parameters, { prompt: ids, maxNewTokens, temperature, seed: `${recipe.seed}` });
    samples.push({ prompt, text: tokenizer.decode(result.tokens) });
  }
  return samples;
}

function describe({ id, name, config, tokens }: StagePlan): Omit<StageManifest, "state"> {
  const { total, nonEmbedding } = countParameters(config);
  const { layers, hiddenSize: hidden, heads, kvHeads, intermediateSize: intermediate, vocabSize: vocab, contextLength: context, tieEmbeddings: tied } = config;
  return { id, name, model: { layers, hidden, heads, kvHeads, intermediate, vocab, context, tied }, parameters: total, nonEmbeddingParameters: nonEmbedding, tokens };
}
