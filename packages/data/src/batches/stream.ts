// The order in which training reads: an endless stream of tokens that depends only on the seed and the corpus.
//
// The corpus is cut into blocks of `block` tokens. Each epoch reads every block once, in its own order; position p of
// the stream is token p mod block of block number floor(p / block). Reading from position p gives the same tokens
// whatever the batches; a run that was interrupted, or grown, at p continues at p.
//
// A window of `context` tokens lies within one block (`context` divides `block`). It is followed by the next token of
// the corpus, as the last target. So every token is a target once an epoch, except the first token, and except the
// tokens after the last whole block (fewer than `block`), which are never read. Texts follow each other in the token
// file, and windows run across their ends.
//
// Runs whose stages differ in `context` set `block` to a common multiple: their streams are then equal, token by token.
// With the default, `block = context`, another `context` gives another stream.
import { CambiumError, type Reason } from "@cambium/ir";
import type { TokenReader } from "../tokens.js";
import { permuted } from "./permutation.js";

export interface BatchRequest {
  /** Decides the order; an integer in [0, 2^53). */
  readonly seed: number;
  /** Where the batch begins: tokens of the stream before it; a multiple of `context`. */
  readonly tokenPosition: number;
  /** Windows in the batch. */
  readonly batch: number;
  /** Tokens in a window. */
  readonly context: number;
  /** Tokens that shuffling keeps together; a multiple of `context`, by default `context`. */
  readonly block?: number;
}

/** Where in the corpus a position of the stream is. */
export interface StreamPlace {
  /** How often the whole corpus was read before. */
  readonly epoch: number;
  /** Index of the block in the corpus. */
  readonly block: number;
  /** The token position in the corpus. */
  readonly position: number;
}

/**
 * The batch at `tokenPosition` of the stream: windows one after the other, each with the token that follows it.
 * The next batch is at `tokenPosition + batch * context`.
 * @param into [batch, context + 1], row-major; allocated if absent
 * @returns `into`: inputs are [:, 0:context], targets [:, 1:context + 1]
 * @throws CambiumError `E_BATCH` with every fault of the request; `E_CORPUS_SHORT` for a corpus of less than one block.
 */
export function batchAt(tokens: TokenReader, request: BatchRequest, into?: Int32Array): Int32Array {
  const { batch, context, tokenPosition } = checkRequest(request);
  const rows = into ?? new Int32Array(batch * (context + 1));
  if (rows.length !== batch * (context + 1)) {
    throw new CambiumError("E_BATCH", "the array given does not fit the batch", {
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

/** Tokens of one epoch, in which the corpus is read once. @throws CambiumError `E_CORPUS_SHORT`. */
export function tokensPerEpoch(tokens: TokenReader, block: number): number {
  const blocks = Math.floor((tokens.length - 1) / block);
  if (blocks >= 1) return blocks * block;
  throw new CambiumError("E_CORPUS_SHORT", "the corpus is shorter than one window", {
    expected: `at least ${block + 1} tokens: a block of ${block} and the token after it`,
    got: `${tokens.length} tokens`,
    hint: "use more text, or a shorter context",
  });
}

/** The place in the corpus of position `tokenPosition` of the stream. @throws CambiumError `E_CORPUS_SHORT`. */
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
  if (reasons.length > 0) throw new CambiumError("E_BATCH", "the batch requested is invalid", { reasons });
  return request;
}
