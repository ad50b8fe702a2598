// The engine `local`: trains in this process, on the run's backend.
import type { Device } from "@cambium/backend";
import { batchAt, evaluationBatches } from "@cambium/data";
import {
  type EngineSession,
  heldOutWindows,
  type PreparedEngine,
  type StagePlace,
  type TrainJob,
  type TrainOutcome,
} from "@cambium/engine";
import type { DeviceTrainingState, TrainingState } from "@cambium/model";
import type { PlannedStage } from "@cambium/recipe";
import { schedule, type Trainer, trainLoop } from "@cambium/train";
import type { Handover, TimedTrainer } from "./handover.js";

export function localEngine(device: Device, handover: Handover): PreparedEngine {
  const { backend, version, device: computes } = device.info;
  return {
    device: `${backend} ${version} ${computes}`,
    // The backend itself refuses what it cannot do when the trainer is compiled.
    refusals: () => [],
    open: async (planned, at, place) => {
      const session = new LocalSession(planned, place, handover, await handover.trainer(planned, at));
      await session.learn();
      return session;
    },
  };
}

class LocalSession implements EngineSession {
  readonly #trainer: Trainer;
  readonly opened: EngineSession["opened"];

  constructor(
    private readonly planned: PlannedStage,
    private readonly place: StagePlace,
    private readonly handover: Handover,
    { trainer, ...opened }: TimedTrainer,
  ) {
    this.#trainer = trainer;
    this.opened = opened;
  }

  get parameters() {
    return this.#trainer.parameters;
  }

  /** Loads the teacher, if there is one. */
  async learn(): Promise<void> {
    try {
      if (this.place.teacher) await this.#trainer.teach(this.place.teacher);
    } catch (error) {
      this.#trainer.dispose();
      throw error;
    }
  }

  load(state: TrainingState): Promise<void> {
    return this.#trainer.load(state);
  }

  adopt(state: DeviceTrainingState): Promise<void> {
    return this.#trainer.adopt(state);
  }

  state(): Promise<TrainingState> {
    return this.#trainer.state();
  }

  async train(job: TrainJob): Promise<TrainOutcome> {
    const { batch, context, seed, evaluation, schedule: rates, data: place } = this.planned.stage;
    const { train, heldOut } = this.place.data;
    const windows = heldOutWindows(this.planned.stage);
    const measured = evaluationBatches(heldOut, { batch, context, windows });
    const { from, latest, next, signal, saveRequests } = job;
    const { reason, progress } = await trainLoop({
      trainer: this.#trainer,
      schedule: schedule(rates),
      totalTokens: latest,
      from,
      batchAt: (position) => batchAt(train, { seed, tokenPosition: place.position + position, batch, context }),
      heldOut: {
        everyTokens: evaluation.every,
        batches: function* () {
          for (let i = 0; i < measured.count; i++) yield measured.at(i);
        },
      },
      snapshot: {
        everySeconds: job.snapshotSeconds,
        save: (state, progress) => job.save(state, progress),
        ...(saveRequests && { requests: saveRequests }),
      },
      onMetrics: (row) => job.onMetrics(row),
      ends: () => job.ends(),
      ...(next && { beforeLastStep: () => this.handover.prepare(next) }),
      memoryBytes: () => process.memoryUsage.rss(),
      ...(signal && { signal }),
    });
    if (reason === "interrupted") return { reason };
    const state = await this.#trainer.state();
    if (progress.step > from.step) await job.save(state, progress);
    return { reason, progress, state };
  }

  async leave(): Promise<void> {
    this.handover.keep(this.planned.id, await this.#trainer.take());
  }

  async dispose(): Promise<void> {
    this.#trainer.dispose();
  }
}
