// One model on one device for many requests: sequences to score are put together in batches, and generations take turns
// token by token, so that a long one holds up no other.
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

/** Tokens scored in one turn. */
const turnTokens = 8192;
/** Generations that hold a cache on the device at once. */
const mostGenerations = 4;
/** Requests come in all lengths, and each length that was compiled is kept. */
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

  /** Uploads the parameters, once for both uses. @throws CambiumError `E_PARAMETERS` */
  static async open(device: Device, model: ModelSpec, parameters: Weights): Promise<SharedModel> {
    const { weights, uploaded } = await deviceWeights(device, model, parameters);
    return new SharedModel(
      await Scorer.open(device, model, weights, { sizes }),
      await TextGenerator.open(device, model, weights),
      uploaded,
    );
  }

  /** @param top how many of the likeliest tokens are named at each place */
  score(sequence: Encoded, top: number, signal: AbortSignal): Promise<Score> {
    return new Promise((done, failed) => {
      this.#waiting.push({ sequence, top, signal, done, failed });
      void this.#scoreAll();
    });
  }

  /** As `TextGenerator.generate`; between two tokens others have their turn. */
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

  /** Frees what is on the device. No work may be under way. */
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
      // Only now: what came while others had their turn goes along.
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

  /** The oldest that want the same, as many as a turn has room for; those nobody waits for any more are dropped. */
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
