// How likely sequences of tokens are under a model: batches of sequences of about the same length, padded behind.
import type { Device, DeviceTensor, Executable } from "@cambium/backend";
import { type HostTensor, hostTensor } from "@cambium/ir";
import { contextLength, logLikelihoodGraph, type ModelSpec } from "@cambium/model";
import type { Encoded } from "./encode.js";
import { powerOfTwo } from "./power-of-two.js";
import { deviceWeights, type Weights } from "./weights.js";

/** Of one sequence. */
export interface Score {
  /** log p in nats of each scored token given all before it. */
  readonly logLikelihoods: readonly number[];
  /** Their sum. */
  readonly logLikelihood: number;
  /** Each scored token is the model's likeliest there. */
  readonly greedy: boolean;
}

export interface ScorerOptions {
  /** Sequences in a batch; default 8. */
  readonly batch?: number;
}

/** Sequences are padded to the next of these lengths times two, so that few graphs are compiled. */
const shortest = 32;

/** A model made ready to score. */
export class Scorer {
  readonly #executables = new Map<number, Executable>();

  private constructor(
    private readonly device: Device,
    private readonly model: ModelSpec,
    private readonly weights: Weights,
    private readonly uploaded: readonly DeviceTensor[],
    private readonly batch: number,
  ) {}

  /**
   * Uploads what is not on the device yet. Tensors given as device tensors stay the caller's and must outlive the
   * scorer.
   * @throws CambiumError `E_PARAMETERS` naming every parameter that is missing
   */
  static async open(
    device: Device,
    model: ModelSpec,
    parameters: Weights,
    { batch = 8 }: ScorerOptions = {},
  ): Promise<Scorer> {
    const { weights, uploaded } = await deviceWeights(device, model, parameters);
    return new Scorer(device, model, weights, uploaded, batch);
  }

  /** Tokens that the model predicts in a row; no sequence may be longer by more than one. */
  get longest(): number {
    return contextLength(this.model);
  }

  /**
   * The scores of `sequences`, in their order.
   * @param onScored called with the number of sequences done so far; what it throws ends the work
   * @throws CambiumError `E_CONTEXT` for a sequence that is too long
   */
  async score(sequences: readonly Encoded[], onScored?: (done: number) => void): Promise<Score[]> {
    const scores: Score[] = [];
    const order = sequences.map((sequence, index) => ({ ...sequence, index }));
    order.sort((a, b) => b.ids.length - a.ids.length);
    for (let start = 0; start < order.length; start += this.batch) {
      const group = order.slice(start, start + this.batch);
      const run = await this.#run(group);
      for (const [row, sequence] of group.entries()) scores[sequence.index] = scoreOf(sequence, row, run);
      onScored?.(Math.min(order.length, start + this.batch));
    }
    return scores;
  }

  /** Frees the executables and what `open` uploaded. */
  dispose(): void {
    for (const executable of this.#executables.values()) executable.dispose();
    for (const tensor of this.uploaded) tensor.dispose();
    this.#executables.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #run(group: readonly Encoded[]): Promise<Run> {
    const needed = Math.max(1, ...group.map(({ ids }) => ids.length - 1));
    const padded = powerOfTwo(needed, shortest);
    // Beyond the context length, where the graph says what is wrong.
    const context = Math.max(needed, Math.min(this.longest, padded));
    const tokens = hostTensor("i32", [this.batch, context + 1]);
    for (const [row, { ids }] of group.entries()) tokens.data.set(ids, row * (context + 1));
    const executable = await this.#executable(context);
    const { fetched } = await executable.run({ ...this.weights, tokens }, { fetch: ["logLikelihood", "greedy"] });
    const { logLikelihood, greedy } = await fetched;
    return { context, logLikelihood: logLikelihood as HostTensor, greedy: greedy as HostTensor };
  }

  async #executable(context: number): Promise<Executable> {
    const held =
      this.#executables.get(context) ??
      (await this.device.compile(logLikelihoodGraph(this.model, { batch: this.batch, time: context })));
    this.#executables.set(context, held);
    return held;
  }
}

/** Outputs of one batch, [batch, context] each. */
interface Run {
  readonly context: number;
  readonly logLikelihood: HostTensor;
  readonly greedy: HostTensor;
}

function scoreOf({ ids, scored }: Encoded, row: number, { context, logLikelihood, greedy }: Run): Score {
  const end = row * context + ids.length - 1;
  const begin = end - scored;
  const logLikelihoods = Array.from(logLikelihood.data.subarray(begin, end));
  const likeliest = Array.from(greedy.data.subarray(begin, end));
  const wanted = ids.slice(ids.length - scored);
  return {
    logLikelihoods,
    logLikelihood: logLikelihoods.reduce((sum, one) => sum + one, 0),
    greedy: wanted.every((id, i) => id === likeliest[i]),
  };
}
