// The models of the golden files: weights from a seed, so that none are in the repository.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hostSources, writeModelDirectory } from "@cambium/checkpoint";
import { type Family, initParameters, llama, modelSpec, qwen3, writeHfModel } from "@cambium/model";

const tokenizers = fileURLToPath(new URL("../../../data/test/golden/", import.meta.url));

const kinds: readonly { name: string; family: Family; tokenizer: string; config: object }[] = [
  { name: "mha", family: llama, tokenizer: "llama-2", config: { heads: 4, tied: false } },
  { name: "gqa-tied", family: llama, tokenizer: "byte-level", config: { heads: 4, kvHeads: 2, tied: true } },
  { name: "qwen3", family: qwen3, tokenizer: "llama-3", config: { heads: 4, kvHeads: 1, headDim: 12, tied: true } },
];

/** Writes each model's directory under `to`, and returns their paths. */
export async function writeEvalModels(to: string): Promise<string[]> {
  return Promise.all(
    kinds.map(async ({ name, family, tokenizer, config }) => {
      const extraFiles = [{ name: "tokenizer.json", from: join(tokenizers, tokenizer, "tokenizer.json") }];
      const vocab = await vocabularyOf(join(tokenizers, tokenizer, "tokenizer.json"));
      const sizes = { vocab, hidden: 32, intermediate: 48, layers: 2, contextLength: 96, initializerRange: 0.3 };
      const model = modelSpec(family, { ...sizes, ...config });
      const weights = initParameters(model, { seed: `eval/${name}`, scheme: "hf" });
      await writeModelDirectory(join(to, name), {
        configJson: writeHfModel(model),
        tensors: hostSources(weights),
        extraFiles,
      });
      // The class that the script of the golden files opens it with: without it a qwen3 would get Qwen2's rules.
      const named = JSON.parse(await readFile(join(tokenizers, tokenizer, "tokenizer_config.json"), "utf8"));
      const ofClass = { ...named, tokenizer_class: "PreTrainedTokenizerFast" };
      await writeFile(join(to, name, "tokenizer_config.json"), JSON.stringify(ofClass));
      return join(to, name);
    }),
  );
}

async function vocabularyOf(file: string): Promise<number> {
  const { model, added_tokens } = JSON.parse(await readFile(file, "utf8"));
  const ids = [...Object.values<number>(model.vocab), ...added_tokens.map(({ id }: { id: number }) => id)];
  return 1 + Math.max(...ids);
}
