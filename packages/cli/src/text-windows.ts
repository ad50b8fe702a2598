// The front of a text as windows of tokens to measure a model on.
import { evaluationBatches, type Tokenizer, tokensInMemory } from "@cambium/data";
import { corpusSpec, openSource, type Source } from "@cambium/data/node";
import { CambiumError } from "@cambium/ir";

export interface Windows {
  readonly batch: number;
  /** Tokens predicted in a row. */
  readonly time: number;
  /** Tokens predicted in all. */
  readonly tokens: number;
  /** i32 [batch, time + 1] each. */
  readonly batches: readonly Int32Array[];
}

/** A text file, or a corpus: a name, a file or folder, a .jsonl. */
export async function openText(text: string | undefined, corpus: string | undefined): Promise<Source> {
  if ((text === undefined) === (corpus === undefined)) {
    throw new CambiumError("E_OPTION", "one of --text and --corpus is needed, and not both", {
      hint: "--corpus moby-dick",
    });
  }
  if (text !== undefined) return openSource({ kind: "text", path: text }, ".");
  return openSource(corpusSpec(corpus as string), ".");
}

/**
 * Cuts about `wanted` tokens from the front of `source` into full batches of at most `batch` windows.
 * @throws CambiumError `E_EVALUATION_SHORT` for a text of fewer than two tokens; the source's and tokenizer's errors.
 */
export async function textWindows(
  source: Source,
  tokenizer: Tokenizer,
  { wanted, context, batch }: { readonly wanted: number; readonly context: number; readonly batch: number },
): Promise<Windows> {
  const ids = await firstTokens(source, tokenizer, wanted + 1);
  const time = Math.max(1, Math.min(context, ids.length - 1));
  const rows = Math.max(1, Math.min(batch, Math.floor((ids.length - 1) / time)));
  const { count, tokens, at } = evaluationBatches(tokensInMemory(ids), { batch: rows, context: time });
  return { batch: rows, time, tokens, batches: Array.from({ length: count }, (_, i) => at(i)) };
}

/** Up to `count` ids, the tokenizer's end-of-text token after each document. */
async function firstTokens(source: Source, tokenizer: Tokenizer, count: number): Promise<Int32Array> {
  const ids = new Int32Array(count);
  let filled = 0;
  for await (const { text, last } of source.passages()) {
    const end = last && tokenizer.eosId !== undefined ? [tokenizer.eosId] : [];
    const part = [...tokenizer.encode(text), ...end].slice(0, count - filled);
    ids.set(part, filled);
    filled += part.length;
    if (filled === count) break;
  }
  return ids.subarray(0, filled);
}
