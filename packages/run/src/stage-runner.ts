// Runs one stage to its end: from its snapshot if it has one, else from new weights or grown ones. Whatever instant it
// is killed at, running it again ends in the same bits: weights, batches and learning rate depend on tokens alone.
import type { Device } from "@cambium/backend";
import { type ExtraFile, hostSources, writeModelDirectory } from "@cambium/checkpoint";
import { batchAt, evaluationBatches } from "@cambium/data";
import type { PreparedData } from "@cambium/data/node";
import type { HostTensor } from "@cambium/ir";
import { contextLength, countParameters, isTied, sizesAlong, type TrainingState, writeHfModel } from "@cambium/model";
import { evaluation, type Recipe, type StagePlan } from "@cambium/recipe";
import type { GrowthRecord, StageManifest } from "@cambium/run-format";
import { MetricsFile, type RunDirectory, type StageDirectory } from "@cambium/run-format/node";
import { type Progress, schedule, type Trainer, trainLoop } from "@cambium/train";
import { growthRecord } from "./growth-record.js";
import type { Handover, TimedTrainer } from "./handover.js";
import type { RunObserver } from "./observer.js";
import { samplesKey, sampleTexts } from "./stage-samples.js";
import { type StageStart, saveStage, startStage } from "./stage-start.js";
import { TensorBoardFile } from "./tensorboard-file.js";

export interface StageContext {
  readonly recipe: Recipe;
  readonly directory: RunDirectory;
  readonly device: Device;
  readonly data: PreparedData;
  readonly observer: RunObserver;
  readonly signal: AbortSignal | undefined;
  /** What goes with each model: tokenizer files, and the config.json whose further keys are kept. */
  readonly companions: { readonly files: readonly ExtraFile[]; readonly config: object | undefined };
  /** Generate the text samples of an arm's final model. */
  readonly samples: boolean;
  /** What the stage before has left for this one, and this one leaves for `next`. */
  readonly handover: Handover;
  /** The stage that grows from this one, right after it. */
  readonly next: StagePlan | undefined;
}

/** `cached`: it was done before. `aborted`: it was stopped, and its snapshot holds all it did. */
export type StageOutcome = "cached" | "done" | "aborted";

export async function runStage(plan: StagePlan, context: StageContext): Promise<StageOutcome> {
  const { recipe, device, data, observer, signal, handover } = context;
  const directory = context.directory.stage(plan.id);
  const finished = await directory.read();
  const samplesOf = context.samples ? samplesKey(recipe) : undefined;
  if (finished?.state === "done" && (samplesOf === undefined || finished.samplesOf === samplesOf)) {
    observer.onCached?.(plan);
    return "cached";
  }
  if (signal?.aborted) return "aborted";
  await directory.create();
  const start = await startStage(plan, context.directory, context);
  const { trainer: opened, ...compiled } = await handover.trainer(plan, start.progress.tokens);
  using trainer = opened;
  const began = performance.now();
  await start.load(trainer);
  const growth = growthOf(plan, start, compiled, (performance.now() - began) / 1000);
  if (start.grown && growth?.cost) observer.onGrowth?.(plan, growth.cost);
  if (start.rejected.length > 0) observer.onRejectedSnapshot?.(plan, start.rejected);
  const manifest: StageManifest = { ...describe(plan), state: "running", ...(growth && { growth }) };
  if (finished?.state !== "done") {
    await directory.write(manifest);
    observer.onStage?.(plan, start.progress.step);
    const final = await train(plan, context, trainer, { directory, from: start.progress, growth });
    if (final === "aborted") return "aborted";
    await writeModel(plan, directory, final.parameters, context.companions);
  }
  const samples = samplesOf && { samplesOf, samples: await sampleTexts(plan.model, recipe, data, device, trainer) };
  await directory.write({ ...manifest, state: "done", ...samples });
  observer.onStageDone?.(plan);
  return "done";
}

/** The record of the growth the stage began with: the snapshot's, or that of the growth just done. */
function growthOf(
  { start }: StagePlan,
  begun: StageStart,
  { seconds: compile, ahead: compiledAhead }: Omit<TimedTrainer, "trainer">,
  upload: number,
): GrowthRecord | undefined {
  if (start.kind !== "growth" || !begun.grown) return begun.growth;
  const cost = { compile, compiledAhead, ...begun.grown, upload };
  return growthRecord(start.growth, start.from.id, start.moments, cost);
}

interface Sitting {
  readonly directory: StageDirectory;
  readonly from: Progress;
  readonly growth: GrowthRecord | undefined;
}

/** Trains to the stage's end, all of it saved, and returns the state there. */
async function train(
  plan: StagePlan,
  { recipe, data, observer, signal, handover, next }: StageContext,
  trainer: Trainer,
  { directory, from, growth }: Sitting,
): Promise<TrainingState | "aborted"> {
  const { batch } = recipe.train;
  const { context } = recipe.model;
  const { every, tokens } = evaluation(recipe);
  const windows = Math.max(batch, Math.floor(tokens / context));
  const heldOut = evaluationBatches(data.heldOut, { batch, context, windows });
  const metrics = await MetricsFile.open(directory.metrics, from.step);
  try {
    const events = await TensorBoardFile.open(directory.tensorboard, from.step);
    const save = async (state: TrainingState, progress: Progress) => {
      await metrics.sync();
      await saveStage(directory, { state, progress, ...(growth && { growth }) });
      observer.onSnapshot?.(plan, progress.step);
    };
    const { reason, progress } = await trainLoop({
      trainer,
      schedule: schedule(plan.schedule),
      totalTokens: plan.tokens,
      from,
      batchAt: (position) =>
        batchAt(data.train, { seed: recipe.seed, tokenPosition: plan.dataPosition + position, batch, context }),
      heldOut: {
        everyTokens: every,
        batches: function* () {
          for (let i = 0; i < heldOut.count; i++) yield heldOut.at(i);
        },
      },
      snapshot: { everySeconds: recipe.snapshot.everySeconds, save },
      onMetrics: async (row) => {
        const whole = row.step === 1 && growth?.cost ? { ...row, switch: growth.cost } : row;
        await metrics.append(whole);
        await events.append(row);
        observer.onMetrics?.(plan, whole);
      },
      ...(next && { beforeLastStep: () => handover.prepare(next) }),
      memoryBytes: () => process.memoryUsage.rss(),
      ...(signal && { signal }),
    });
    await events.close();
    if (reason === "aborted") return "aborted";
    const final = await trainer.state();
    if (progress.step > from.step) await save(final, progress);
    if (next) handover.keep(plan, await trainer.take());
    return final;
  } finally {
    await metrics.close();
  }
}

async function writeModel(
  plan: StagePlan,
  directory: StageDirectory,
  parameters: Readonly<Record<string, HostTensor>>,
  { files, config }: StageContext["companions"],
): Promise<void> {
  await writeModelDirectory(directory.model, {
    configJson: writeHfModel(plan.model, { dtype: "f32", ...(config && { source: config }) }),
    tensors: hostSources(parameters),
    extraFiles: files,
    replace: true,
  });
}

function describe({ id, name, model, tokens }: StagePlan): Omit<StageManifest, "state"> {
  const { total: parameters, nonEmbedding: nonEmbeddingParameters } = countParameters(model);
  const axes = ["layers", "hidden", "heads", "kvHeads", "intermediate", "vocab"] as const;
  const { layers, hidden, heads, kvHeads, intermediate, vocab } = sizesAlong(model, axes);
  const shown = { layers, hidden, heads, kvHeads, intermediate, vocab };
  const limits = { context: contextLength(model), tied: isTied(model) };
  return { id, name, model: { ...shown, ...limits }, parameters, nonEmbeddingParameters, tokens };
}
