// A config that ties the output head to the embedding, over files that hold a head all the same.

import type { ModelDirectory } from "@cambium/checkpoint";
import { CambiumError } from "@cambium/ir";

export const HEAD = "lm_head.weight";
const EMBEDDING = "model.embed_tokens.weight";

/** @throws CambiumError `E_GROWTH_SOURCE` when the stored head, which is to be left out, is not the embedding. */
export async function checkTiedHead(source: ModelDirectory): Promise<void> {
  const [head, embedding] = [source.tensors.get(HEAD), source.tensors.get(EMBEDDING)];
  if (!head || !embedding) return;
  const same = head.dtype === embedding.dtype && head.byteLength === embedding.byteLength;
  if (same && (await sameBytes(source))) return;
  throw new CambiumError("E_GROWTH_SOURCE", "the config ties the output head to the embedding, but they differ", {
    where: HEAD,
    expected: `the bytes of ${EMBEDDING}, or no such tensor`,
    hint: 'set "tie_word_embeddings" to false in config.json if the head is one of its own',
  });
}

async function sameBytes(source: ModelDirectory): Promise<boolean> {
  const others = source.shardOf(EMBEDDING).stream(EMBEDDING);
  for await (const chunk of source.shardOf(HEAD).stream(HEAD)) {
    const { value } = await others.next();
    if (!value || Buffer.compare(chunk, value) !== 0) return false;
  }
  return true;
}
