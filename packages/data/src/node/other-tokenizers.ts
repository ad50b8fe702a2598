// Tokenizers in formats that cannot be read here, told by the names of their files.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CambiumError } from "@cambium/ir";

/** The most specific first. */
const names = [
  /^(?:tokenizer|spiece|sentencepiece|source|target|bpe)[\w.-]*\.(?:model|spm)$|\.(?:tiktoken|spm)$|^tekken\.json$/i,
  /^(?:vocab(?:ulary)?|merges)\b/i,
  /^tokeniz|^(?:special_tokens_map|added_tokens)\.json$/i,
];

/** @throws CambiumError `E_TOKENIZER` if the folder, which has no tokenizer.json, has such a file. */
export async function refuseOtherTokenizers(folder: string): Promise<void> {
  const files = await readdir(folder).catch(() => []);
  const [other] = names.flatMap((pattern) => files.filter((name) => pattern.test(name)));
  if (other === undefined) return;
  throw new CambiumError("E_TOKENIZER", "this tokenizer is in a format that cannot be read", {
    where: join(folder, other),
    expected: "a tokenizer.json beside it",
    got: other,
    hint: `write one: python -c "from transformers import AutoTokenizer as T; T.from_pretrained('DIR').save_pretrained('DIR')"`,
  });
}
