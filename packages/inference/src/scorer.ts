// Log-likelihoods of token sequences under a model, in batches of rows of similar length, padded at the end.
import type { Device, DeviceTensor } from "@cambium/backend";
import { CambiumError, type HostTensor, hostTensor } from "@cambium/ir";
import { contextLength, type ModelSpec, scoreGraph } from "@cambium/model";
import type { Encoded } from "./encode.js";
import { Executables } from "./executables.js";
import { type Part, pack, type Row } from "./pack.js";
import { octaveStep, powerOfTwo } from "./sizes.js";
import { deviceWeights, type Weights } from "./weights.js";

/** The score of one sequence. */
export interface Score {
  /** log p in nats of each scored token given all before it. */
  readonly logLikelihoods: readonly number[];
  /** Their sum. */
  readonly logLikelihood: number;
  /** Whether each scored token is the model's likeliest. */
  readonly greedy: boolean;
  /** The likeliest tokens at each scored position, likeliest first. */
  readonly likeliest: readonly (readonly TokenLikelihood[])[];
}

export interface TokenLikelihood {
  readonly id: number;
  readonly logLikelihood: number;
}

export interface ScorerOptions {
  /** Tokens in a batch, padding included; default 2048. A longer sequence is a batch of its own. */
  readonly tokens?: number;
  /**
   * Compiled sizes to keep; default 4, which is enough within a call: the longest sequences come first, and a size does
   * not come again.
   */
  readonly sizes?: number;
}

export interface ScoreOptions {
  /** How many likeliest tokens to return at each position; default 1. */
  readonly top?: number;
  /** Scores known already, by sequence index. A batch whose sequences are all known is skipped. */
  readonly known?: ReadonlyMap<number, Score>;
  /** Called with each batch's scores by sequence index, and awaited; if it throws, scoring ends with that error. */
  onScored?(scores: ReadonlyMap<number, Score>): void | Promise<void>;
}

/** Least padded length; above it there are four or eight lengths per power of two, so that few graphs are compiled. */
const shortest = 16;

/** From this many batches on, twice as many sizes are worth compiling. */
const manyBatches = 64;

const nothingScored: Score = { logLikelihoods: [], logLikelihood: 0, greedy: true, likeliest: [] };

/** A model ready to score sequences. */
export class Scorer {
  readonly #executables: Executables;

  private constructor(
    device: Device,
    private readonly model: ModelSpec,
    private readonly weights: Weights,
    private readonly uploaded: readonly DeviceTensor[],
    private readonly tokens: number,
    sizes: number,
  ) {
    this.#executables = new Executables(device, {}, sizes);
  }

  /**
   * Uploads parameters that are not on the device yet. Device tensors stay the caller's and must outlive the scorer.
   * @throws CambiumError `E_PARAMETERS` with every missing parameter
   */
  static async open(
    device: Device,
    model: ModelSpec,
    parameters: Weights,
    { tokens = 2048, sizes = 4 }: ScorerOptions = {},
  ): Promise<Scorer> {
    const { weights, uploaded } = await deviceWeights(device, model, parameters);
    return new Scorer(device, model, weights, uploaded, tokens, sizes);
  }

  /** Most tokens that the model predicts in a row; a sequence may have one more. */
  get longest(): number {
    return contextLength(this.model);
  }

  /**
   * The scores of `sequences`, in their order. Batches depend only on `sequences`, so the bits are the same with and
   * without `known`.
   * @throws CambiumError `E_CONTEXT` for a sequence that is too long
   */
  async score(sequences: readonly Encoded[], { top = 1, known, onScored }: ScoreOptions = {}): Promise<Score[]> {
    this.#checkLengths(sequences);
    const scores: Score[] = sequences.map((_, index) => known?.get(index) ?? nothingScored);
    const { rows, twins } = pack(sequences);
    const batches = rows.reduce((sum, row) => sum + row.tokens.length, 0) / this.tokens;
    const steps = batches < manyBatches ? 4 : 8;
    for (let start = 0; start < rows.length; ) {
      const size = { ...this.#batchSize(rows[start] as Row, rows.length - start, steps), steps, top };
      const group = rows.slice(start, start + size.batch);
      start += size.batch;
      const members = group.flatMap(({ parts }) => parts.flatMap(({ sequence }) => twins.get(sequence) ?? []));
      if (members.every((index) => known?.has(index))) continue;
      const fresh = new Map<number, Score>();
      for (const [first, score] of await this.#run(group, size))
        for (const index of twins.get(first) ?? []) fresh.set(index, score);
      for (const [index, score] of fresh) scores[index] = score;
      await onScored?.(fresh);
    }
    return scores;
  }

  /** Frees the executables and what `open` uploaded. */
  dispose(): void {
    this.#executables.dispose();
    for (const tensor of this.uploaded) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #checkLengths(sequences: readonly Encoded[]): void {
    const longest = sequences.reduce((most, { ids }) => Math.max(most, ids.length), 0);
    if (longest <= this.longest + 1) return;
    throw new CambiumError("E_CONTEXT", "the sequence is longer than the model's context", {
      expected: `at most ${this.longest} tokens, the last one not counted`,
      got: `${longest} tokens`,
      hint: "a shorter sequence, or a model configured with a longer context",
    });
  }

  /** The size of the batch that starts with this row, its longest, with `left` rows remaining. */
  #batchSize({ tokens: { length } }: Row, left: number, steps: number): Pick<BatchSize, "batch" | "context"> {
    const rounded = octaveStep(length, shortest, steps);
    // A row shared by several sequences may be longer than the model's context.
    const context = length > this.longest ? rounded : Math.min(this.longest, rounded);
    return { batch: Math.max(1, Math.min(powerOfTwo(left, 1), Math.floor(this.tokens / context))), context };
  }

  /** The scores of one batch by sequence index. */
  async #run(group: readonly Row[], { batch, context, steps, top }: BatchSize): Promise<Map<number, Score>> {
    const parts = group.flatMap((row, index) => row.parts.map((part) => ({ part, offset: index * context })));
    const wanted = parts.reduce((sum, { part }) => sum + part.at.length, 0);
    const scored = octaveStep(wanted, 8, steps / 4);
    const shared = group.some((row) => row.parts.length > 1);
    const executable = await this.#executables.get(`${batch} ${context} ${scored} ${shared} ${top}`, () =>
      scoreGraph(this.model, { batch, context, scored, shared, top }),
    );
    const table = (of: "tokens" | "positions" | "segments") => {
      const tensor = hostTensor("i32", [batch, context]);
      for (const [index, row] of group.entries()) tensor.data.set(row[of], index * context);
      return tensor;
    };
    const at = hostTensor("i32", [scored]);
    at.data.set(parts.flatMap(({ part, offset }) => part.at.map((place) => offset + place)));
    const targets = hostTensor("i32", [scored]);
    targets.data.set(parts.flatMap(({ part }) => part.targets));
    const inputs = {
      ...this.weights,
      ...{ tokens: table("tokens"), at, targets },
      ...(shared && { positions: table("positions"), segments: table("segments") }),
    };
    const { fetched } = await executable.run(inputs, {
      fetch: ["logLikelihood", "likeliest", "likeliestLogLikelihood"],
    });
    const results = (await fetched) as Record<keyof Fetched, HostTensor>;
    let next = 0;
    return new Map(
      parts.map(({ part }) => {
        const begin = next;
        next += part.at.length;
        return [part.sequence, scoreOf(part, results, [begin, next], top)];
      }),
    );
  }
}

interface BatchSize {
  readonly batch: number;
  readonly context: number;
  /** Lengths per power of two; a quarter as many for the number of predictions. */
  readonly steps: number;
  /** Likeliest tokens returned at each position. */
  readonly top: number;
}

/** Outputs of one batch: [scored], [scored, top] and [scored, top]. */
interface Fetched {
  readonly logLikelihood: HostTensor;
  readonly likeliest: HostTensor;
  readonly likeliestLogLikelihood: HostTensor;
}

function scoreOf({ targets }: Part, results: Fetched, [begin, end]: readonly [number, number], top: number): Score {
  const logLikelihoods = Array.from(results.logLikelihood.data.subarray(begin, end));
  const likeliest = logLikelihoods.map((_, i) =>
    Array.from({ length: top }, (_, k) => {
      const at = (begin + i) * top + k;
      return {
        id: results.likeliest.data[at] as number,
        logLikelihood: results.likeliestLogLikelihood.data[at] as number,
      };
    }),
  );
  return {
    logLikelihoods,
    logLikelihood: logLikelihoods.reduce((sum, one) => sum + one, 0),
    greedy: targets.every((id, i) => id === likeliest[i]?.[0]?.id),
    likeliest,
  };
}
