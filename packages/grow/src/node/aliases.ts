// Files that hold a tensor a second time under another name: the output head of a model whose config ties it to the
// embedding.
import type { ModelDirectory } from "@cambium/checkpoint";
import type { GrowthPlan } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";
import { parameterTable } from "@cambium/model";

/** @throws CambiumError `E_GROWTH_SOURCE` if a stored copy, which is to be left out, differs from its tensor. */
export async function checkAliases(
  source: ModelDirectory,
  { plan, dropped }: { readonly plan: GrowthPlan; readonly dropped: readonly string[] },
): Promise<void> {
  for (const { name, alias } of parameterTable(plan.base)) {
    if (alias === undefined || !dropped.includes(alias) || (await sameBytes(source, name, alias))) continue;
    throw new CambiumError("E_GROWTH_SOURCE", "the config ties the output head to the embedding, but they differ", {
      where: alias,
      expected: `the bytes of ${name}, or no such tensor`,
      hint: 'set "tie_word_embeddings" to false in config.json if the head has weights of its own',
    });
  }
}

async function sameBytes(source: ModelDirectory, name: string, alias: string): Promise<boolean> {
  const [own, again] = [source.tensors.get(name), source.tensors.get(alias)];
  if (!own || !again) return true;
  if (own.dtype !== again.dtype || own.byteLength !== again.byteLength) return false;
  const others = source.shardOf(name).stream(name);
  for await (const chunk of source.shardOf(alias).stream(alias)) {
    const { value } = await others.next();
    if (!value || Buffer.compare(chunk, value) !== 0) return false;
  }
  return true;
}
