// Finds a tokenizer by its name in a recipe.
import { dirname, join, resolve } from "node:path";
import { readTextFileIfThere } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { bytesTokenizer } from "../tokenizer/bytes.js";
import type { ModelHints } from "../tokenizer/classes/classes.js";
import { huggingFaceTokenizer } from "../tokenizer/hugging-face.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import type { SpecialTokens } from "../tokenizer/tokenizer-files.js";
import { isObject } from "../tokenizer/tokenizer-json.js";
import { refuseOtherTokenizers } from "./other-tokenizers.js";
import { openRustTokenizer } from "./rust-tokenizer.js";
import { isFolder } from "./source/files.js";

/** Known ones have up to 40 MB. */
const largestTokenizerBytes = 256_000_000;

/**
 * `bytes`, or the path (from `projectDir`) of a tokenizer.json or of a folder that holds one; tokenizer_config.json
 * beside it is read if it is there.
 * @throws CambiumError `E_NOT_FOUND` or `E_TOKENIZER`.
 */
export async function loadTokenizer(spec: string, projectDir: string, special: SpecialTokens = {}): Promise<Tokenizer> {
  if (spec === "bytes") return bytesTokenizer();
  const path = resolve(projectDir, spec);
  const file = (await folderOrFile(path, spec)) ? join(path, "tokenizer.json") : path;
  const text = await readTextFileIfThere(file, largestTokenizerBytes);
  if (text === undefined) {
    await refuseOtherTokenizers(path);
    throw new CambiumError("E_NOT_FOUND", "the folder has no tokenizer.json", {
      where: path,
      hint: "give the folder of a model that has one, a tokenizer.json itself, or bytes",
    });
  }
  const configPath = join(dirname(file), "tokenizer_config.json");
  const config = await readTextFileIfThere(configPath);
  const model = await modelHints(join(dirname(file), "config.json"));
  return huggingFaceTokenizer(
    {
      ...{ name: spec, tokenizer: { path: file, text }, model },
      ...(config === undefined ? {} : { config: { path: configPath, text: config } }),
    },
    openRustTokenizer,
    special,
  );
}

/** Of a model whose config.json cannot be read, the tokenizer is still good. */
async function modelHints(path: string): Promise<ModelHints> {
  const text = await readTextFileIfThere(path).catch(() => undefined);
  let config: unknown;
  try {
    config = JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
  const { model_type: modelType, tokenizer_class: tokenizerClass } = isObject(config) ? config : {};
  return {
    ...(typeof modelType === "string" ? { modelType } : {}),
    ...(typeof tokenizerClass === "string" ? { tokenizerClass } : {}),
  };
}

async function folderOrFile(path: string, spec: string): Promise<boolean> {
  try {
    return await isFolder(path);
  } catch (error) {
    if (!(error instanceof CambiumError) || error.code !== "E_NOT_FOUND") throw error;
    throw new CambiumError("E_NOT_FOUND", `there is no tokenizer "${spec}"`, {
      where: path,
      expected: '"bytes", a tokenizer.json, or a folder that holds one',
      cause: error,
    });
  }
}
