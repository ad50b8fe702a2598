// What one stage hands to the next, which grows from it: the trainer compiled before the last step, and the final state.
import type { TrainingState } from "@cambium/model";
import type { StagePlan } from "@cambium/recipe";
import type { Trainer } from "@cambium/train";
import { openTrainer, type TrainerSettings } from "./stage-trainer.js";

export interface TimedTrainer {
  readonly trainer: Trainer;
  /** Wall seconds of compiling. */
  readonly seconds: number;
  /** It was compiled while the stage before still trained. */
  readonly ahead: boolean;
}

export interface TimedState {
  readonly state: TrainingState;
  /** Wall seconds of bringing it to host memory. */
  readonly seconds: number;
}

export class Handover {
  #trainer: (TimedTrainer & { readonly id: string }) | undefined;
  #state: (TimedState & { readonly id: string }) | undefined;

  constructor(private readonly settings: TrainerSettings) {}

  /**
   * Compiles the trainer of `next`. A failure is kept for later: `next` compiles again and then says why it cannot, when
   * the stage at hand is saved.
   */
  async prepare(next: StagePlan): Promise<void> {
    this.#dropTrainer();
    try {
      this.#trainer = { ...(await this.#open(next, 0)), ahead: true, id: next.id };
    } catch {
      this.#trainer = undefined;
    }
  }

  /** The trainer of `plan`, `tokens` tokens into the stage: the one prepared, or a new one. The caller disposes it. */
  async trainer(plan: StagePlan, tokens: number): Promise<TimedTrainer> {
    const held = this.#trainer;
    if (held?.id === plan.id && tokens === 0) {
      this.#trainer = undefined;
      return held;
    }
    this.#dropTrainer();
    return this.#open(plan, tokens);
  }

  /** Keeps the final state of `plan` for the stage that grows from it. */
  keep(plan: StagePlan, state: TimedState): void {
    this.#state = { ...state, id: plan.id };
  }

  /** The final state of `plan`, if it was the last one kept; kept no longer. */
  state(plan: StagePlan): TimedState | undefined {
    const held = this.#state;
    this.#state = undefined;
    return held?.id === plan.id ? held : undefined;
  }

  dispose(): void {
    this.#dropTrainer();
    this.#state = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #dropTrainer(): void {
    this.#trainer?.trainer.dispose();
    this.#trainer = undefined;
  }

  async #open(plan: StagePlan, tokens: number): Promise<TimedTrainer> {
    const began = performance.now();
    const trainer = await openTrainer(plan, this.settings, tokens);
    return { trainer, seconds: (performance.now() - began) / 1000, ahead: false };
  }
}
