// One model on one device, shared by many requests. Sequences to score are batched, and generations take turns token by
// token, so that a long one does not hold up others.
import type { Device, DeviceTensor } from "@cambium/backend";
import {
  deviceWeights,
  type Encoded,
  type GenerateOptions,
  type Generation,
  type Score,
  Scorer,
  TextGenerator,
  type Weights,
} from "@cambium/inference";
import type { ModelSpec } from "@cambium/model";
import { Gate, Turns } from "./turns.js";

/** Most tokens scored in one turn. */
const turnTokens = 8192;
/** Generations that hold a cache on the device at once. */
const mostGenerations = 4;
/** Compiled sizes to keep: requests come in all lengths. */
const sizes = 24;

interface Waiting {
  readonly sequence: Encoded;
  readonly top: number;
  readonly signal: AbortSignal;
  done(score: Score): void;
  failed(reason: unknown): void;
}

export class SharedModel {
  readonly #turns = new Turns();
  readonly #generations = new Gate(mostGenerations);
  readonly #waiting: Waiting[] = [];
  #scoring = false;

  private constructor(
    private readonly scorer: Scorer,
    private readonly generator: TextGenerator,
    private readonly uploaded: readonly DeviceTensor[],
  ) {}

  /** Uploads the parameters once for scoring and generation. @throws CambiumError `E_PARAMETERS` */
  static async open(device: Device, model: ModelSpec, parameters: Weights): Promise<SharedModel> {
    const { weights, uploaded } = await deviceWeights(device, model, parameters);
    return new SharedModel(
      await Scorer.open(device, model, weights, { sizes }),
      await TextGenerator.open(device, model, weights),
      uploaded,
    );
  }

  /** @param top how many likeliest tokens to return at each position */
  score(sequence: Encoded, top: number, signal: AbortSignal): Promise<Score> {
    return new Promise((done, failed) => {
      this.#waiting.push({ sequence, top, signal, done, failed });
      void this.#scoreAll();
    });
  }

  /** As `TextGenerator.generate`, with turns for others between tokens. */
  async generate(options: GenerateOptions & { readonly signal: AbortSignal }): Promise<Generation> {
    return this.#generations.through(async () => {
      options.signal.throwIfAborted();
      let turn = await this.#turns.take();
      try {
        return await this.generator.generate({
          ...options,
          onToken: async (...token) => {
            turn.release();
            await options.onToken?.(...token);
            turn = await this.#turns.take();
          },
        });
      } finally {
        turn.release();
      }
    });
  }

  /** Frees everything on the device. No request may be running. */
  dispose(): void {
    this.scorer.dispose();
    this.generator.dispose();
    for (const tensor of this.uploaded) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #scoreAll(): Promise<void> {
    if (this.#scoring) return;
    this.#scoring = true;
    while (this.#waiting.length > 0) {
      const turn = await this.#turns.take();
      // The batch is taken only now, so that sequences that came meanwhile are included.
      const batch = this.#takeBatch();
      try {
        if (batch.length > 0) await this.#scoreBatch(batch);
      } finally {
        turn.release();
      }
    }
    this.#scoring = false;
  }

  async #scoreBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const scores = await this.scorer.score(
        batch.map(({ sequence }) => sequence),
        {
          top: batch[0]?.top ?? 1,
          onScored: () => {
            const [gone] = batch.filter(({ signal }) => signal.aborted);
            if (gone && batch.every(({ signal }) => signal.aborted)) gone.signal.throwIfAborted();
          },
        },
      );
      for (const [i, { done }] of batch.entries()) done(scores[i] as Score);
    } catch (error) {
      for (const { failed } of batch) failed(error);
    }
  }

  /** The oldest sequences with equal `top`, up to the tokens of a turn. Aborted ones are dropped. */
  #takeBatch(): Waiting[] {
    const batch: Waiting[] = [];
    let tokens = 0;
    while (this.#waiting.length > 0) {
      const next = this.#waiting[0] as Waiting;
      const { length } = next.sequence.ids;
      if (!next.signal.aborted && batch[0] && (next.top !== batch[0].top || tokens + length > turnTokens)) break;
      this.#waiting.shift();
      if (next.signal.aborted) next.failed(next.signal.reason);
      else {
        batch.push(next);
        tokens += length;
      }
    }
    return batch;
  }
}
