// The order in which training reads: an endless stream of tokens that depends on the seed and the corpus alone.
//
// The corpus is cut into blocks of `block` tokens, each epoch reads every block once, in an order of its own, and
// position p of the stream is token p mod block of block number floor(p / block). Whoever reads from position p, in
// whatever batches, reads the same tokens; a run that was cut, or grown, at p goes on at p.
//
// A window of `context` tokens lies within one block (`context` divides `block`); it also gives the token that follows it in
// the corpus, as the last target. So every token is a target once an epoch, but the very first and the less than
// `block` ones after the last whole block, which are never read. Texts follow each other in the token file, and windows
// run across their ends.
//
// Runs whose stages differ in `context` set `block` to a common multiple: their streams are then equal, token by token.
// With the default, `block = context`, a change of `context` makes another stream.
import { CambiumError, type Reason } from "@cambium/ir";
import type { TokenReader } from "../tokens.js";
import { permuted } from "./permutation.js";

export interface BatchRequest {
  /** Which order; an integer in [0, 2^53). */
  readonly seed: number;
  /** Tokens the stream has given already; a multiple of `context`. */
  readonly tokenPosition: number;
  /** Windows in the batch. */
  readonly batch: number;
  /** Tokens in a window. */
  readonly context: number;
  /** Tokens that are kept together by the shuffling; a multiple of `context`, and by default `context`. */
  readonly block?: number;
}

/** Where in the corpus a position of the stream is. */
export interface StreamPlace {
  /** Times the whole corpus was read before. */
  readonly epoch: number;
  /** Of the block in the corpus, counted from 0. */
  readonly block: number;
  /** The token position in the corpus. */
  readonly position: number;
}

/**
 * The batch at `tokenPosition` of the stream: windows one after the other, each with the token that follows it.
 * The next batch is at `tokenPosition + batch * context`.
 * @param into [batch, context + 1], row-major; made if absent
 * @returns `into`: inputs are [:, 0:context], targets [:, 1:context + 1]
 * @throws CambiumError `E_BATCH` with every fault of the request; `E_CORPUS_SHORT` for a corpus of less than one block.
 */
export function batchAt(tokens: TokenReader, request: BatchRequest, into?: Int32Array): Int32Array {
  const { batch, context, tokenPosition } = checkRequest(request);
  const rows = into ?? new Int32Array(batch * (context + 1));
  if (rows.length !== batch * (context + 1)) {
    throw new CambiumError("E_BATCH", "the memory given does not fit the batch", {
      expected: `${batch} × ${context + 1} elements`,
      got: `${rows.length} elements`,
    });
  }
  for (let row = 0; row < batch; row++) {
    const { position } = locate(tokens, request, tokenPosition + row * context);
    tokens.read(position, context + 1, rows, row * (context + 1));
  }
  return rows;
}

/** Tokens of the stream in which the corpus is read once. @throws CambiumError `E_CORPUS_SHORT`. */
export function tokensPerEpoch(tokens: TokenReader, block: number): number {
  const blocks = Math.floor((tokens.length - 1) / block);
  if (blocks >= 1) return blocks * block;
  throw new CambiumError("E_CORPUS_SHORT", "the corpus is shorter than one window", {
    expected: `at least ${block + 1} tokens: a block of ${block} and the token after it`,
    got: `${tokens.length} tokens`,
    hint: "use more text, or a shorter context",
  });
}

/** Where position `tokenPosition` of the stream is in the corpus. @throws CambiumError `E_CORPUS_SHORT`. */
export function locate(
  tokens: TokenReader,
  { seed, context, block = context }: Pick<BatchRequest, "seed" | "context" | "block">,
  tokenPosition: number,
): StreamPlace {
  const perEpoch = tokensPerEpoch(tokens, block);
  const epoch = Math.floor(tokenPosition / perEpoch);
  const within = tokenPosition % perEpoch;
  const place = permuted(Math.floor(within / block), perEpoch / block, seed, epoch);
  return { epoch, block: place, position: place * block + (within % block) };
}

function checkRequest(request: BatchRequest): BatchRequest {
  const { seed, tokenPosition, batch, context, block = context } = request;
  const reasons: Reason[] = [];
  const check = (where: string, value: number, least: number, multipleOf = 1): void => {
    if (Number.isSafeInteger(value) && value >= least && value % multipleOf === 0) return;
    const multiple = multipleOf === 1 ? "an integer" : `a multiple of context, ${multipleOf},`;
    reasons.push({ where, message: "out of range", expected: `${multiple} of at least ${least}`, got: String(value) });
  };
  check("seed", seed, 0);
  check("batch", batch, 1);
  check("context", context, 1);
  if (reasons.every((reason) => reason.where !== "context")) {
    check("tokenPosition", tokenPosition, 0, context);
    check("block", block, context, context);
  }
  if (reasons.length > 0) throw new CambiumError("E_BATCH", "there is no such batch", { reasons });
  return request;
}
