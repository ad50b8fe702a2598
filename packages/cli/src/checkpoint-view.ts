// What a checkpoint or a safetensors file holds, as `cambium inspect` shows it.
import { openModelDirectory, SafetensorsFile } from "@cambium/checkpoint";
import { ownTokenizer } from "@cambium/data/node";
import { CambiumError } from "@cambium/ir";
import {
  contextLength,
  countParameters,
  type Family,
  hfDType,
  hfFamily,
  hfFlavour,
  isTied,
  modelJson,
  modelSizes,
  readHfModel,
} from "@cambium/model";
import { compact } from "./format.js";

export interface Shown {
  readonly data: unknown;
  readonly text: string;
}

export async function describeTensors(path: string): Promise<Shown> {
  await using file = await SafetensorsFile.open(path);
  const tensors = [...file.tensors.values()].map(({ name, dtype, shape, byteLength }) => ({
    name,
    dtype,
    shape,
    bytes: byteLength,
  }));
  const rows = tensors.map(({ name, dtype, shape, bytes }) => `  ${name}  ${dtype}[${shape}]  ${compact(bytes)}B`);
  return {
    data: { path, bytes: file.size, metadata: file.metadata, tensors },
    text: [`${path}: ${tensors.length} tensors, ${compact(file.size)}B`, ...rows].join("\n"),
  };
}

/** @param families those that it may be of */
export async function describeCheckpoint(path: string, families: readonly Family[]): Promise<Shown> {
  await using directory = await openModelDirectory(path);
  const entries = [...directory.tensors.values()];
  const bytes = entries.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const tensors = entries.map(({ name, dtype: stored, shape }) => ({ name, dtype: stored, shape }));
  const { configJson } = directory;
  const { model_type: type } = configJson;
  if (typeof type === "string" && !hfFamily(configJson, families)) {
    const types = [...new Set(tensors.map(({ dtype }) => dtype))].join(", ");
    const text = [
      `${path}: ${type}; grow can copy its layers, no command computes it`,
      `  tensors        ${entries.length}, ${compact(bytes)}B, ${types}`,
    ].join("\n");
    return { data: { path, config: configJson, bytes, tensors }, text };
  }
  const model = readHfModel(configJson, families);
  const dtype = hfDType(configJson);
  const parameters = countParameters(model);
  const { layers, hidden, heads, kvHeads, headDim, intermediate, vocab } = modelSizes(model);
  const tokenizer = vocab === undefined ? "none" : await tokenizerRow(path, vocab);
  const text = [
    `${path}: ${model.family.name}, ${layers} layers × ${hidden}, transformers ${hfFlavour(configJson)} spelling`,
    `  heads          ${heads} (${kvHeads} key/value) × ${headDim}`,
    `  intermediate   ${intermediate}`,
    `  vocabulary     ${vocab}${isTied(model) ? ", tied" : ""}`,
    `  tokenizer      ${tokenizer}`,
    `  context        ${contextLength(model)}`,
    `  parameters     ${compact(parameters.total)} (${compact(parameters.nonEmbedding)} without embeddings)`,
    `  tensors        ${entries.length}, ${compact(bytes)}B${dtype === undefined ? "" : `, ${dtype}`}`,
  ].join("\n");
  return { data: { path, ...modelJson(model), dtype, parameters, bytes, tensors, tokenizer }, text };
}

/** The tokenizer that commands take with the model, or why they take none. */
async function tokenizerRow(path: string, vocab: number): Promise<string> {
  try {
    const { name, vocabSize } = await ownTokenizer(path, vocab);
    const which = name === "bytes" ? "bytes" : "tokenizer.json";
    if (vocabSize <= vocab) return `${which}, ${vocabSize} tokens`;
    return `${which}, ${vocabSize} tokens: a text that needs one from ${vocab} on is refused (E_TOKENIZER_VOCAB)`;
  } catch (error) {
    if (!(error instanceof CambiumError)) throw error;
    return `none that can be used (${error.code}): ${error.summary}`;
  }
}
