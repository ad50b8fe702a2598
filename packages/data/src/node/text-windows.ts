// The front of a text as windows of tokens to measure a model on.
import { evaluationBatches } from "../batches/evaluation.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { tokensInMemory } from "../tokens.js";
import { encodeNamed } from "./prepare/encoded.js";
import type { Source } from "./source/source.js";

export interface TextWindows {
  readonly batch: number;
  /** Tokens predicted in a window. */
  readonly context: number;
  /** Tokens predicted in all. */
  readonly tokens: number;
  /** i32 [batch, context + 1] each. */
  readonly batches: readonly Int32Array[];
}

/**
 * Cuts about `wanted` tokens from the front of `source` into full batches of at most `batch` windows.
 * @throws CambiumError `E_EVALUATION_SHORT` for a text of fewer than two tokens; the source's and tokenizer's errors.
 */
export async function textWindows(
  source: Source,
  tokenizer: Tokenizer,
  { wanted, context: longest, batch }: { readonly wanted: number; readonly context: number; readonly batch: number },
): Promise<TextWindows> {
  const ids = await firstTokens(source, tokenizer, wanted + 1);
  const context = Math.max(1, Math.min(longest, ids.length - 1));
  const rows = Math.max(1, Math.min(batch, Math.floor((ids.length - 1) / context)));
  const { count, tokens, at } = evaluationBatches(tokensInMemory(ids), { batch: rows, context });
  return { batch: rows, context, tokens, batches: Array.from({ length: count }, (_, i) => at(i)) };
}

/** Up to `count` ids, the tokenizer's end-of-text token after each document. */
async function firstTokens(source: Source, tokenizer: Tokenizer, count: number): Promise<Int32Array> {
  const ids = new Int32Array(count);
  let filled = 0;
  for await (const passage of source.passages()) {
    const end = passage.last && tokenizer.eosId !== undefined ? [tokenizer.eosId] : [];
    const part = [...encodeNamed(tokenizer, passage), ...end].slice(0, count - filled);
    ids.set(part, filled);
    filled += part.length;
    if (filled === count) break;
  }
  return ids.subarray(0, filled);
}
