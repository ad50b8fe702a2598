// One pass over a corpus: each document's tokens go to the side of the split that it is on.

import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import type { Source } from "../source/source.js";
import { type TokenFileInfo, TokenFileWriter } from "../tokens/writer.js";
import type { Pacer } from "./pacer.js";
import type { SplitRule, TokenCounts } from "./split-rule.js";

export interface Pass {
  readonly source: Source;
  readonly tokenizer: Tokenizer;
  readonly split: SplitRule;
  readonly info: Omit<TokenFileInfo, "title">;
  readonly pacer: Pacer;
  /** The paths to write at. */
  readonly train: string;
  readonly heldOut: string;
}

/** Writes both files to the end. Each passage is tokenized on its own; the eos, if there is one, follows each text. */
export async function tokenizeSides({ source, tokenizer, split, info, pacer, ...paths }: Pass): Promise<TokenCounts> {
  const title = `${source.name}, ${tokenizer.name}`;
  await using train = await TokenFileWriter.create(paths.train, { ...info, title: `train: ${title}` });
  await using heldOut = await TokenFileWriter.create(paths.heldOut, { ...info, title: `held-out: ${title}` });
  const eos = tokenizer.eosId === undefined ? undefined : Int32Array.of(tokenizer.eosId);
  let document: string | undefined;
  let side: TokenFileWriter | undefined;
  for await (const passage of source.passages()) {
    for (const { text, last, heldOut: held } of split.parts(passage)) {
      const next = held ? heldOut : train;
      if (passage.document !== document || next !== side) side?.endDocument();
      document = passage.document;
      side = next;
      await side.append(tokenizer.encode(text), Buffer.byteLength(text));
      if (last && eos !== undefined) await side.append(eos, 0);
    }
    await pacer.breathe("tokenize", passage.bytesRead);
  }
  side?.endDocument();
  const tokens = { train: (await train.finish()).tokens, heldOut: (await heldOut.finish()).tokens };
  pacer.report("tokenize", undefined);
  return tokens;
}
