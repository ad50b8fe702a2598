// One pass over a corpus: each document's tokens go to the side of the split that it is on.
import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import type { Source } from "../source/source.js";
import type { TokenFileWriter } from "../tokens/writer.js";
import { type Batch, batches } from "./batches.js";
import type { Encoded } from "./encoded.js";
import type { Pacer } from "./pacer.js";
import type { PassWork } from "./pass-work.js";
import type { SplitRule, TokenCounts } from "./split-rule.js";
import type { Encoder } from "./threads.js";

export interface Pass {
  readonly source: Source;
  readonly tokenizer: Tokenizer;
  readonly encoder: Encoder;
  readonly split: SplitRule;
  readonly pacer: Pacer;
  readonly work: PassWork;
}

/** Characters handed to a thread at once. The reading thread yields to the event loop between them. */
const threadChars = 262_144;
const ownChars = 32_768;

/**
 * Writes both files to the end. Each passage is tokenized on its own; the eos, if there is one, follows each text. If
 * the source or the tokenizer fails, or the signal stops the work, what was written is kept for the next run.
 */
export async function tokenizeSides({ source, tokenizer, encoder, split, pacer, work }: Pass): Promise<TokenCounts> {
  const eos = tokenizer.eosId === undefined ? undefined : Int32Array.of(tokenizer.eosId);
  const { train, heldOut } = work.sides;
  const from = work.goesOnFrom;
  if (from) split.restore(from.split);
  const asked: { readonly batch: Batch; readonly encoded: Promise<Encoded> }[] = [];
  const write = async (): Promise<void> => {
    const next = asked.shift();
    if (!next) return;
    try {
      await append(next.batch, await next.encoded, work.sides, eos);
      await work.wrote(next.batch.after);
      await pacer.breathe("tokenize", next.batch.bytesRead);
    } catch (error) {
      asked.splice(0); // Nothing may be written after a batch that is missing.
      throw error;
    }
  };
  let side = from?.side;
  try {
    for await (const batch of batches(source, split, encoder.threads > 0 ? threadChars : ownChars, from)) {
      const encoded = encoder.encode(batch.texts);
      // It is awaited later; until then a rejection must not be reported as unhandled.
      encoded.catch(() => undefined);
      asked.push({ batch, encoded });
      side = batch.after.side;
      if (asked.length > 2 * encoder.threads) await write();
    }
    while (asked.length > 0) await write();
  } catch (error) {
    // If the source failed, the batches read before that are good.
    if (!pacer.signal?.aborted) while (asked.length > 0) await write().catch(() => undefined);
    await work.save();
    throw error;
  }
  if (side) await work.sides[side].endDocument();
  const tokens = { train: (await train.finish()).tokens, heldOut: (await heldOut.finish()).tokens };
  pacer.report("tokenize", undefined);
  return tokens;
}

async function append(
  { items }: Batch,
  { ids, lengths, bytes }: Encoded,
  sides: { readonly [S in "train" | "heldOut"]: TokenFileWriter },
  eos: Int32Array | undefined,
): Promise<void> {
  let at = 0;
  for (const [i, { side, ends, last }] of items.entries()) {
    if (ends) await sides[ends].endDocument();
    const length = lengths[i] as number;
    await sides[side].append(ids.subarray(at, at + length), bytes[i] as number);
    at += length;
    if (last && eos) await sides[side].append(eos, 0);
  }
}
