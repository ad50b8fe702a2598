// What one stage hands to the next, which grows from it: trainer and growth compiled before the last step, and the
// final state, which stays on the device.
import type { Device } from "@cambium/backend";
import { type DeviceGrowth, prepareGrowth } from "@cambium/grow";
import type { DeviceTrainingState } from "@cambium/model";
import type { PlannedStage } from "@cambium/recipe";
import type { Trainer } from "@cambium/train";
import { openTrainer } from "./stage-trainer.js";

export interface TimedTrainer {
  readonly trainer: Trainer;
  /** Wall seconds of compiling. */
  readonly seconds: number;
  /** It was compiled while the previous stage still trained. */
  readonly ahead: boolean;
  /** Share of a step's matrix work that is recomputed, so that the step fits into `train.memory`. */
  readonly recomputed: number;
}

/** A state to grow from, on the device. */
export interface TimedState {
  readonly state: DeviceTrainingState;
  /** Wall seconds of getting it there; 0 if it never left. */
  readonly seconds: number;
}

export class Handover {
  #trainer: (TimedTrainer & { readonly id: string }) | undefined;
  #growth: { readonly growth: DeviceGrowth; readonly id: string } | undefined;
  #state: (TimedState & { readonly id: string }) | undefined;

  constructor(private readonly device: Device) {}

  /**
   * Compiles the trainer of `next` and its growth. A failure is not reported here: `next` compiles again once the
   * current stage is saved, and that reports the error.
   */
  async prepare(next: PlannedStage): Promise<void> {
    this.#dropTrainer();
    try {
      this.#trainer = { ...(await this.#open(next, 0)), ahead: true, id: next.id };
      this.#growth = { growth: await this.#prepare(next), id: next.id };
    } catch {
      this.#dropTrainer();
    }
  }

  /** The trainer of `planned`, `tokens` tokens into the stage: the one prepared, or a new one. The caller disposes it. */
  async trainer(planned: PlannedStage, tokens: number): Promise<TimedTrainer> {
    const held = this.#trainer;
    if (held?.id === planned.id && tokens === 0) {
      this.#trainer = undefined;
      return held;
    }
    this.#dropTrainer();
    return this.#open(planned, tokens);
  }

  /** The growth that `planned` begins with: the one prepared, or a new one. The caller disposes it. */
  async growth(planned: PlannedStage): Promise<DeviceGrowth> {
    const held = this.#growth;
    this.#growth = undefined;
    if (held?.id === planned.id) return held.growth;
    held?.growth.dispose();
    return this.#prepare(planned);
  }

  /** Keeps the final state of stage `id` for the stage that grows from it, which then owns it. */
  keep(id: string, state: DeviceTrainingState): void {
    this.#dropState();
    this.#state = { state, seconds: 0, id };
  }

  /** The final state of stage `id`, if it was the last one kept. It is then released to the caller. */
  state(id: string): TimedState | undefined {
    const held = this.#state;
    if (held?.id !== id) return undefined;
    this.#state = undefined;
    return held;
  }

  dispose(): void {
    this.#dropTrainer();
    this.#dropState();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #dropTrainer(): void {
    this.#trainer?.trainer.dispose();
    this.#growth?.growth.dispose();
    this.#trainer = undefined;
    this.#growth = undefined;
  }

  #dropState(): void {
    for (const tensor of Object.values(this.#state?.state.tensors ?? {})) tensor.dispose();
    this.#state = undefined;
  }

  #prepare({ stage: { start } }: PlannedStage): Promise<DeviceGrowth> {
    if (start.kind !== "growth") throw new TypeError("the stage does not begin with a growth");
    return prepareGrowth(this.device, start.plan, { policy: start.moments });
  }

  async #open({ stage }: PlannedStage, tokens: number): Promise<TimedTrainer> {
    const began = performance.now();
    const trainer = await openTrainer(stage, this.device, tokens);
    const seconds = (performance.now() - began) / 1000;
    return { trainer, seconds, ahead: false, recomputed: trainer.recomputedFlopsPerStep / trainer.flopsPerStep };
  }
}
