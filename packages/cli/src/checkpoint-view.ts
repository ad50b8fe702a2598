// What a checkpoint or a safetensors file holds, as `cambium inspect` shows it.

import { join } from "node:path";
import { type ModelDirectory, openModelDirectory, SafetensorsFile } from "@cambium/checkpoint";
import { ownTokenizer } from "@cambium/data/node";
import { sourceModel } from "@cambium/grow/node";
import { CambiumError } from "@cambium/ir";
import { compact, layerCount } from "@cambium/ir/figures";
import {
  contextLength,
  countParameters,
  type Family,
  hfDType,
  hfFlavour,
  isTied,
  type ModelSpec,
  modelJson,
  modelSizes,
  readHfModel,
} from "@cambium/model";

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

/** @param families model families to try */
export async function describeCheckpoint(path: string, families: readonly Family[]): Promise<Shown> {
  await using directory = await openModelDirectory(path);
  const entries = [...directory.tensors.values()];
  const bytes = entries.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const tensors = entries.map(({ name, dtype: stored, shape }) => ({ name, dtype: stored, shape }));
  const { configJson } = directory;
  const model = computed(directory, families);
  if (model instanceof CambiumError) {
    const types = [...new Set(tensors.map(({ dtype }) => dtype))].join(", ");
    const type = "model_type" in configJson ? String(configJson.model_type) : "a model without a type";
    const { layers, refusal } = growth(directory, families);
    const reasons = [...(model.code === "E_FAMILY" ? [] : whyNot(model)), ...(refusal ? whyNot(refusal) : [])];
    const grow = layers === undefined ? "grow refuses it" : `grow can copy its ${layerCount(layers)}`;
    const text = [
      `${path}: ${type}; ${grow}, no command computes it`,
      `  tensors        ${entries.length}, ${compact(bytes)}B, ${types}`,
      ...reasons.map((line) => `  ${line}`),
    ].join("\n");
    return { data: { path, config: configJson, bytes, tensors, layers: layers ?? null, reasons }, text };
  }
  const dtype = hfDType(configJson);
  const parameters = countParameters(model);
  const { layers, hidden, heads, kvHeads, headDim, intermediate, vocab } = modelSizes(model);
  const tokenizer = vocab === undefined ? "none" : await tokenizerRow(path, vocab);
  const text = [
    `${path}: ${model.family.name}, ${layerCount(layers)} × ${hidden}, transformers ${hfFlavour(configJson)} spelling`,
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

/** The model, or the error that says why no family can run it. */
function computed(directory: ModelDirectory, families: readonly Family[]): ModelSpec | CambiumError {
  try {
    return readHfModel(directory.configJson, families, join(directory.path, "config.json"));
  } catch (error) {
    if (error instanceof CambiumError) return error;
    throw error;
  }
}

/** The number of layers that growth can copy, or the error with which `cambium grow` refuses the checkpoint. */
function growth(directory: ModelDirectory, families: readonly Family[]): { layers?: number; refusal?: CambiumError } {
  try {
    return { layers: modelSizes(sourceModel(directory, families).model).layers };
  } catch (error) {
    if (error instanceof CambiumError) return { refusal: error };
    throw error;
  }
}

function whyNot({ summary, details }: CambiumError): string[] {
  const reasons = (details.reasons ?? []).map(({ where, message, expected, got }) =>
    [where, message, expected && `expected ${expected}`, got && `got ${got}`].filter((part) => part).join(", "),
  );
  return [summary, ...reasons];
}

/** The tokenizer that commands use with this model, or why there is none. */
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
