// The file names of a Hugging Face model directory.

export const CONFIG_FILE = "config.json";
export const WEIGHTS_FILE = "model.safetensors";
export const INDEX_FILE = "model.safetensors.index.json";

/** `model-00002-of-00003.safetensors` for the second of three; a single shard is `model.safetensors`. */
export function shardFile(index: number, count: number): string {
  const pad = (n: number) => String(n).padStart(5, "0");
  return count === 1 ? WEIGHTS_FILE : `model-${pad(index + 1)}-of-${pad(count)}.safetensors`;
}

/** The files of tokenizers of every kind. */
export const tokenizerFiles: readonly string[] = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "chat_template.jinja",
  "chat_template.json",
  "tokenizer.model",
  "sentencepiece.bpe.model",
  "spiece.model",
  "merges.txt",
  "vocab.json",
  "vocab.txt",
];

/** Files that belong to a model in addition to its weights and config, and are copied with it unchanged. */
const COMPANIONS = new Set([...tokenizerFiles, "generation_config.json"]);

const LICENCE = /^(?:licen[cs]e|notice)(?:\.(?:md|txt))?$/i;

/** Whether a file is a tokenizer file, generation config, chat template or licence. */
export function isCompanion(name: string): boolean {
  return COMPANIONS.has(name) || LICENCE.test(name);
}
