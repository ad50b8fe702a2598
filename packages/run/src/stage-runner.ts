// Runs one stage to its end: from its snapshot if it has one, else from new weights or grown ones. Killed at any
// instant and run again, it ends in the same bits: weights, batches and learning rate depend on tokens alone.
import type { Device } from "@cambium/backend";
import { type ExtraFile, hostSources, openModelDirectory, writeModelDirectory } from "@cambium/checkpoint";
import type { PreparedData } from "@cambium/data/node";
import type { EngineSession, TrainJob } from "@cambium/engine";
import { mayBeWhole } from "@cambium/files";
import { CambiumError, type HostTensor } from "@cambium/ir";
import { contextLength, countParameters, isTied, sizesAlong, type TrainingState, writeHfModel } from "@cambium/model";
import type { PlannedStage, Stage } from "@cambium/recipe";
import type { GrowthRecord, ProbeRecord, StageManifest } from "@cambium/run-format";
import { MetricsFile, type RunDirectory, type StageDirectory } from "@cambium/run-format/node";
import type { MetricsRow, Progress } from "@cambium/train";
import { type EarlierStage, takeOver } from "./earlier-stage.js";
import type { Engines } from "./engines.js";
import { growthRecord } from "./growth-record.js";
import type { Handover } from "./handover.js";
import type { RunObserver } from "./observer.js";
import { StageEnd } from "./stage-end.js";
import { type SampleSettings, samplesKey, sampleTexts } from "./stage-samples.js";
import { type StartState, saveStage, startStage, teacherOf } from "./stage-start.js";
import { type ArmEvents, copyEvents, TensorBoardFile } from "./tensorboard-file.js";

export interface StageSurroundings {
  readonly directory: RunDirectory;
  readonly device: Device;
  readonly engines: Engines;
  readonly data: PreparedData;
  readonly observer: RunObserver;
  readonly signal: AbortSignal | undefined;
  readonly saveRequests: (() => number) | undefined;
  /** Where TensorBoard's events of the stage go. */
  readonly events: ArmEvents;
  /** The stage that was in this one's place before. */
  readonly earlier: EarlierStage | undefined;
  /** Called after each snapshot: from then on a kill does not undo everything. */
  readonly onSaved: () => Promise<void>;
  /** Wall seconds between snapshots. */
  readonly snapshotSeconds: number;
  /** What goes with each model: tokenizer files, and the config.json whose further keys are kept. */
  readonly companions: { readonly files: readonly ExtraFile[]; readonly config: object | undefined };
  /** How to make the text samples of an arm's final model; undefined for other stages. */
  readonly samples: SampleSettings | undefined;
  /** What the previous stage left for this one, and this one leaves for `next`. */
  readonly handover: Handover;
  /** The stage that grows from this one, right after it. */
  readonly next: PlannedStage | undefined;
  /** Tokens after which the stage pauses, because its growth is on trial. */
  readonly tryFor?: number;
  /** See `TrainJob.handOver`. */
  readonly handOver: TrainJob["handOver"];
}

/**
 * `cached`: it was done before. `interrupted`: by the signal, and its snapshot holds all it did. `paused`: the same,
 * for a probe.
 */
export interface StageOutcome {
  readonly state: "cached" | "done" | "interrupted" | "paused";
  /** Training tokens of the stage, if it is done or paused. */
  readonly tokens: number;
}

const interrupted: StageOutcome = { state: "interrupted", tokens: 0 };

export async function runStage(planned: PlannedStage, around: StageSurroundings): Promise<StageOutcome> {
  const { device, data, observer, signal, samples, engines } = around;
  const { id, stage } = planned;
  const directory = around.directory.stage(id);
  const finished = await readManifest(planned, directory, observer);
  const samplesOf = samples && samplesKey(samples);
  if (finished?.state === "done" && (samplesOf === undefined || finished.samplesOf === samplesOf)) {
    observer.onCached?.(planned);
    await copyEvents(around.events, id, directory.metrics);
    return { state: "cached", tokens: finished.tokens };
  }
  if (signal?.aborted) return interrupted;
  await beginFrom(planned, around, finished === undefined);
  await directory.create();
  await directory.writeStage(stage);
  const start = await startStage(planned, around.directory, around);
  const teacher = await teacherOf(planned, around.directory);
  const place = { folder: directory.engine, data, teacher, config: around.companions.config };
  const session = await engines.of(stage).open(planned, start.progress.tokens, place);
  await using _ended = { [Symbol.asyncDispose]: () => session.dispose() };
  const began = performance.now();
  await start.load(session);
  const growth = growthOf(stage, start, session.opened, (performance.now() - began) / 1000);
  if (start.grown && growth?.cost) observer.onGrowth?.(planned, growth.cost);
  if (start.rejected.length > 0) observer.onRejectedSnapshot?.(planned, start.rejected);
  const probes = finished?.probes ?? [];
  const manifest: StageManifest = {
    ...{ ...describe(planned), state: "running" },
    ...(growth && { growth }),
    ...(probes.length > 0 && { probes }),
  };
  let slope = finished?.slope;
  let { tokens } = finished?.state === "done" ? finished : manifest;
  if (finished?.state !== "done") {
    await directory.write(manifest);
    // Saved at once, so that a kill does not cost what was found.
    if (growth?.found && !start.continued)
      await saveStage(directory, { state: await session.state(), progress: start.progress, growth });
    observer.onStage?.(planned, start.progress.step);
    if (session.opened.recomputed) observer.onRecomputed?.(planned, session.opened.recomputed);
    const final = await train(planned, around, session, { directory, from: start.progress, growth, probes });
    if (final === "interrupted") return interrupted;
    tokens = final.tokens;
    slope = final.slope;
    if (!final.ended) return { state: "paused", tokens };
    await writeModel(stage, directory, final.state.parameters, around.companions);
    await directory.removeEngine();
  }
  const made = samples && {
    samplesOf: samplesKey(samples),
    samples: await sampleTexts(stage.model, samples, data, device, session),
  };
  await directory.write({ ...manifest, tokens, state: "done", ...(slope && { slope }), ...made });
  observer.onStageDone?.(planned, slope);
  return { state: "done", tokens };
}

/**
 * The stage's manifest. A stage whose model is gone or cut short is not done: it goes on from its last snapshot.
 * @throws CambiumError for a model that may be whole, but cannot be read
 */
async function readManifest(
  planned: PlannedStage,
  directory: StageDirectory,
  observer: RunObserver,
): Promise<StageManifest | undefined> {
  const manifest = await directory.read();
  if (manifest?.state !== "done") return manifest;
  try {
    const model = await openModelDirectory(directory.model);
    await model.close();
    return manifest;
  } catch (error) {
    if (!(error instanceof CambiumError) || mayBeWhole(error)) throw error;
    observer.onLostModel?.(planned, error);
    return { ...manifest, state: "running" };
  }
}

/** If the stage replaces another one, reports it, and takes over that one's work if it was the same but shorter. */
async function beginFrom(planned: PlannedStage, around: StageSurroundings, unbegun: boolean): Promise<void> {
  const { earlier, directory, observer } = around;
  if (!earlier || !unbegun) return;
  observer.onChanged?.(planned, earlier);
  if (earlier.shorter) await takeOver(directory, earlier.id, planned.id);
}

/** The record of the growth the stage began with: the snapshot's, or that of the growth just done. */
function growthOf(
  { start }: Stage,
  begun: StartState,
  { seconds: compile, ahead: compiledAhead }: EngineSession["opened"],
  upload: number,
): GrowthRecord | undefined {
  if (start.kind !== "growth" || !begun.grown) return begun.growth;
  const cost = { compile, compiledAhead, ...begun.grown, upload };
  return growthRecord(start, cost);
}

/** What the stage has before it trains on. */
interface Begun {
  readonly directory: StageDirectory;
  readonly from: Progress;
  readonly growth: GrowthRecord | undefined;
  readonly probes: readonly ProbeRecord[];
}

interface Final {
  readonly state: TrainingState;
  readonly tokens: number;
  /** False if it pauses for a probe. */
  readonly ended: boolean;
  /** Why it ended, if a slope decides. */
  readonly slope: StageManifest["slope"] | undefined;
}

/** Trains until the stage ends or pauses, with everything saved, and returns the state there. */
async function train(
  planned: PlannedStage,
  around: StageSurroundings,
  session: EngineSession,
  { directory, from, growth, probes }: Begun,
): Promise<Final | "interrupted"> {
  const { stage } = planned;
  const { observer, signal, saveRequests, snapshotSeconds, engines, next, tryFor, events: arm, onSaved } = around;
  const kept: MetricsRow[] = [];
  const metrics = await MetricsFile.open(directory.metrics, from.step, (row) => {
    if (row.heldOutLoss !== undefined) kept.push(row);
  });
  try {
    const end = new StageEnd(stage.until, {
      kept,
      probes,
      ...(tryFor !== undefined && { tryFor }),
    });
    // A probe grows from a snapshot, because this stage may have to continue.
    const grows = stage.until.kind !== "probe" && tryFor === undefined;
    const successor = grows && next && engines.areLocal(stage, next.stage) ? next : undefined;
    const events = await TensorBoardFile.open(arm, planned.id);
    const outcome = await session.train({
      ...{ from, latest: end.reached ? from.tokens : end.latest, ends: () => end.reached },
      ...{ snapshotSeconds, saveRequests, signal, next: successor, handOver: around.handOver },
      save: async (state, progress) => {
        await metrics.sync();
        await saveStage(directory, { state, progress, ...(growth && { growth }) });
        observer.onSnapshot?.(planned, progress.step);
        await onSaved();
      },
      onMetrics: async (row) => {
        const whole = row.step === 1 && growth?.cost ? { ...row, switch: growth.cost } : row;
        await metrics.append(whole);
        await events.append(row);
        end.add(row);
        observer.onMetrics?.(planned, whole);
      },
    });
    await events.close();
    if (outcome.reason === "interrupted") return "interrupted";
    const { state, progress } = outcome;
    if (successor) await session.leave?.();
    return { state, tokens: progress.tokens, ended: end.ended(progress.tokens), slope: end.slope };
  } finally {
    await metrics.close();
  }
}

async function writeModel(
  { model }: Stage,
  directory: StageDirectory,
  parameters: Readonly<Record<string, HostTensor>>,
  { files, config }: StageSurroundings["companions"],
): Promise<void> {
  await writeModelDirectory(directory.model, {
    configJson: writeHfModel(model, { dtype: "f32", ...(config && { source: config }) }),
    tensors: hostSources(parameters),
    extraFiles: files,
    replace: true,
  });
}

function describe({ id, stage: { name, model }, tokens }: PlannedStage): Omit<StageManifest, "state"> {
  const { total: parameters, nonEmbedding: nonEmbeddingParameters } = countParameters(model);
  const axes = ["layers", "hidden", "heads", "kvHeads", "intermediate", "vocab"] as const;
  const { layers, hidden, heads, kvHeads, intermediate, vocab } = sizesAlong(model, axes);
  const shown = { layers, hidden, heads, kvHeads, intermediate, vocab };
  const limits = { context: contextLength(model), tied: isTied(model) };
  return { id, name, model: { ...shown, ...limits }, parameters, nonEmbeddingParameters, tokens };
}
