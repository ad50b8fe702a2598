// The file names of a Hugging Face model directory.

export const CONFIG_FILE = "config.json";
export const WEIGHTS_FILE = "model.safetensors";
export const INDEX_FILE = "model.safetensors.index.json";

/** `model-00002-of-00003.safetensors` for the second of three; a single shard is `model.safetensors`. */
export function shardFile(index: number, count: number): string {
  const pad = (n: number) => String(n).padStart(5, "0");
  return count === 1 ? WEIGHTS_FILE : `model-${pad(index + 1)}-of-${pad(count)}.safetensors`;
}

/** Files that belong to a model besides its weights and config, and go with it unchanged. */
const COMPANIONS = new Set([
  "added_tokens.json",
  "chat_template.jinja",
  "chat_template.json",
  "generation_config.json",
  "merges.txt",
  "sentencepiece.bpe.model",
  "special_tokens_map.json",
  "spiece.model",
  "tokenizer.json",
  "tokenizer.model",
  "tokenizer_config.json",
  "vocab.json",
  "vocab.txt",
]);

const LICENCE = /^(?:licen[cs]e|notice)(?:\.(?:md|txt))?$/i;

/** Tokenizer files, generation config, chat template, licence. */
export function isCompanion(name: string): boolean {
  return COMPANIONS.has(name) || LICENCE.test(name);
}
