// The state a stage begins with: its own snapshot if it has one, else new weights, a checkpoint's, or grown ones.
import type { Device, DeviceTensor } from "@cambium/backend";
import { hostSources, loadSnapshot, saveSnapshot } from "@cambium/checkpoint";
import { batchAt } from "@cambium/data";
import type { PreparedData } from "@cambium/data/node";
import type { EngineSession } from "@cambium/engine";
import type { JsonValue } from "@cambium/files";
import { type FindCost, find, type Lab } from "@cambium/grow";
import { CambiumError, type HostTensor, numel, type Reason } from "@cambium/ir";
import {
  type DeviceTrainingState,
  initialParameters,
  initParameters,
  type LossScale,
  type ModelSpec,
  type TrainingState,
} from "@cambium/model";
import type { PlannedStage } from "@cambium/recipe";
import type { GrowthRecord } from "@cambium/run-format";
import type { RunDirectory, StageDirectory } from "@cambium/run-format/node";
import {
  disposeAll,
  flattenState,
  freshState,
  noProgress,
  type Progress,
  unflattenState,
  uploadFresh,
  uploadState,
} from "@cambium/train";
import { readParameters } from "./checkpoint-start.js";
import type { Handover, TimedState } from "./handover.js";
import type { RunObserver } from "./observer.js";

/** What a snapshot holds. */
export interface HeldState {
  readonly state: TrainingState;
  readonly progress: Progress;
  /** Present if the stage was grown. */
  readonly growth?: GrowthRecord;
}

export interface StartState extends Omit<HeldState, "state"> {
  /** Loads the state into the session. */
  load(session: Pick<EngineSession, "load" | "adopt">): Promise<void>;
  /**
   * Wall seconds of getting the parent's state onto the device, and of growing it; present if it was grown just now.
   */
  readonly grown?: { readonly download: number; readonly plan: number };
  /** Snapshots that were skipped because they are damaged. */
  readonly rejected: readonly Reason[];
  /** The state comes from the stage's own snapshot. */
  readonly continued: boolean;
}

export interface StartSurroundings {
  readonly device: Device;
  readonly data: PreparedData;
  readonly handover: Handover;
  readonly observer: Pick<RunObserver, "onFind">;
  /** Interrupts finding. */
  readonly signal: AbortSignal | undefined;
}

/**
 * A stage that grows takes the final state of the previous stage from `handover` if it is still on the device;
 * otherwise that stage's snapshot is read.
 * @throws CambiumError `E_STAGE_LOST` when the stage to grow from has no snapshot; `E_SNAPSHOT_CORRUPT`,
 * `E_CHECKPOINT_TENSORS`, and the errors of growing; the reason of `signal`, with nothing kept of the finding.
 */
export async function startStage(
  planned: PlannedStage,
  run: RunDirectory,
  around: StartSurroundings,
): Promise<StartState> {
  const { device, handover } = around;
  const { start, model } = planned.stage;
  const held = await readStage(run.stage(planned.id), model);
  if (held) return { ...held, load: (session) => session.load(held.state), continued: true };
  const fresh = { progress: noProgress, rejected: [], continued: false };
  if (start.kind === "init") {
    const load: StartState["load"] = async (session) =>
      session.adopt
        ? await session.adopt(await uploadFresh(device, initialParameters(model, start)))
        : await session.load(freshState(initParameters(model, start)));
    return { ...fresh, load };
  }
  if (start.kind === "checkpoint") {
    const parameters = await readParameters(start.path, model);
    return { ...fresh, load: (session) => session.load(freshState(parameters)) };
  }
  using growth = await handover.growth(planned);
  const { id } = start.parent;
  const from = handover.state(id) ?? (await readParent(id, start.plan.base, run, device));
  const began = performance.now();
  const found = start.find && (await find(start.plan, labOf(planned, start.find, around, from.state.tensors)));
  const state = await growth.grow(from.state, found?.tensors);
  await finished(device, state);
  const grown = { download: from.seconds, plan: (performance.now() - began) / 1000 };
  const progress = { ...noProgress, flops: (found?.flops ?? 0) + (start.probed?.flops ?? 0) };
  return { ...fresh, progress, load: (session) => take(session, state, planned.stage.model, device), grown };
}

/** Hands `session` a state on the device; it is downloaded first if the session cannot adopt it. */
async function take(
  session: Pick<EngineSession, "load" | "adopt">,
  state: DeviceTrainingState,
  model: ModelSpec,
  device: Device,
): Promise<void> {
  if (session.adopt) return session.adopt(state);
  const tensors: Record<string, HostTensor> = {};
  for (const [name, tensor] of Object.entries(state.tensors)) tensors[name] = await device.download(tensor);
  disposeAll(state.tensors);
  const { updates, lossScale } = state;
  return session.load({ ...unflattenState(model, tensors, updates), ...(lossScale && { lossScale }) });
}

/** Finding reads batches of the stage's own size, from the training stream right before the stage. */
function labOf(
  planned: PlannedStage,
  { tokens }: FindCost,
  { device, data, observer, signal }: StartSurroundings,
  parameters: Lab["parameters"],
): Lab {
  const { batch, context, seed } = planned.stage;
  const from = planned.stage.data.position - tokens;
  const size = batch * context;
  return {
    ...{ device, parameters, batch, context },
    batchAt: (index) => {
      signal?.throwIfAborted();
      observer.onFind?.(planned, index, tokens / size);
      return batchAt(data.train, { seed, tokenPosition: from + index * size, batch, context });
    },
  };
}

/** Waits until the device has computed `state`: requests are carried out in order. */
async function finished(device: Device, { tensors }: DeviceTrainingState): Promise<void> {
  const size = ({ type }: DeviceTensor) => numel(type.shape);
  const [smallest] = Object.values(tensors).toSorted((a, b) => size(a) - size(b));
  if (smallest) await device.download(smallest);
}

/** The teacher's parameters; undefined if the stage has no teacher. @throws CambiumError as `startStage` */
export async function teacherOf(
  { stage: { distill, start } }: PlannedStage,
  run: RunDirectory,
): Promise<TrainingState["parameters"] | undefined> {
  if (!distill) return undefined;
  if (distill.from.kind === "checkpoint") return readParameters(distill.from.path, distill.teacher);
  if (start.kind !== "growth") throw new TypeError("a stage that does not grow has no parent to learn from");
  return (await parentState(start.parent.id, distill.teacher, run)).parameters;
}

async function readParent(id: string, model: ModelSpec, run: RunDirectory, device: Device): Promise<TimedState> {
  const began = performance.now();
  const state = await uploadState(device, await parentState(id, model, run));
  return { state, seconds: (performance.now() - began) / 1000 };
}

async function parentState(id: string, model: ModelSpec, run: RunDirectory): Promise<TrainingState> {
  const directory = run.stage(id);
  const parent = await readStage(directory, model);
  if (parent) return parent.state;
  throw new CambiumError("E_STAGE_LOST", `stage "${id}" is done but its snapshot is gone`, {
    where: directory.snapshot,
    hint: "delete the stage's directory; the next run makes it again",
  });
}

/** Saves a snapshot. @throws CambiumError `E_DISK_FULL`, …; earlier snapshots are then untouched. */
export async function saveStage(directory: StageDirectory, held: HeldState): Promise<void> {
  const { state, progress, growth } = held;
  const { updates, lossScale } = state;
  const rest = { progress: { ...progress }, updates, ...(lossScale && { lossScale }), growth: growth ?? null };
  await saveSnapshot(directory.snapshot, {
    tensors: hostSources(flattenState(state)),
    state: rest as unknown as JsonValue,
  });
}

async function readStage(directory: StageDirectory, model: ModelSpec) {
  const snapshot = await loadSnapshot(directory.snapshot);
  if (!snapshot) return undefined;
  await using file = snapshot.tensors;
  const tensors: Record<string, HostTensor> = {};
  for (const name of file.tensors.keys()) tensors[name] = await file.read(name);
  const { progress, updates, lossScale, growth } = snapshot.state as unknown as {
    progress: Progress;
    updates: number;
    lossScale?: LossScale;
    growth: GrowthRecord | null;
  };
  const state = { ...unflattenState(model, tensors, updates), ...(lossScale && { lossScale }) };
  return { state, progress, rejected: snapshot.rejected, ...(growth && { growth }) };
}
