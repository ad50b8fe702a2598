// A Hugging Face model directory, opened: config, every tensor's place, and the files that go with the model.
// Only headers are read, and they are checked against each other in full.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { HostTensor } from "@cambium/ir";
import { CambiumError } from "@cambium/ir";
import { recoverDirectory } from "../atomic.js";
import { withFileErrors } from "../file-errors.js";
import { isJsonObject, type JsonObject, parseJson } from "../json.js";
import { quote, ReasonList } from "../reasons.js";
import type { ReadDType } from "../safetensors/decode.js";
import { SafetensorsFile } from "../safetensors/file.js";
import type { TensorEntry } from "../safetensors/header.js";
import type { TensorSource } from "../safetensors/source.js";
import { containedPath, readContainedText } from "./contained.js";
import { CONFIG_FILE, INDEX_FILE, isCompanion, WEIGHTS_FILE } from "./names.js";
import { parseShardIndex, type WeightMap } from "./shard-index.js";

/** Real ones are a few kilobytes; a mixture of experts' index reaches some megabytes. */
const MAX_CONFIG_BYTES = 16_000_000;
const MAX_INDEX_BYTES = 100_000_000;

/** An open model directory. Close it, or hold it with `await using`. */
export class ModelDirectory implements AsyncDisposable {
  /** Every tensor of the model, by name. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly #homes: ReadonlyMap<string, SafetensorsFile>;

  constructor(
    readonly path: string,
    /** `config.json`, not interpreted. */
    readonly configJson: JsonObject,
    /** Tokenizer, generation config, chat template and licence files: plain names, sorted. */
    readonly files: readonly string[],
    private readonly shards: readonly SafetensorsFile[],
  ) {
    const places = shards.flatMap((shard) => [...shard.tensors.values()].map((entry) => ({ entry, shard })));
    this.tensors = new Map(places.map(({ entry }) => [entry.name, entry]));
    this.#homes = new Map(places.map(({ entry, shard }) => [entry.name, shard]));
  }

  /** The shard that holds a tensor. @throws CambiumError `E_TENSOR_NOT_FOUND` */
  shardOf(name: string): SafetensorsFile {
    const shard = this.#homes.get(name);
    if (shard !== undefined) return shard;
    throw new CambiumError("E_TENSOR_NOT_FOUND", "there is no such tensor in this model", {
      where: this.path,
      expected: `one of its ${this.tensors.size} tensors`,
      got: quote(name),
    });
  }

  /** As {@link SafetensorsFile.read}. */
  read(name: string): Promise<HostTensor>;
  read<D extends ReadDType>(name: string, as: D): Promise<HostTensor<D>>;
  async read(name: string, as?: ReadDType): Promise<HostTensor> {
    const shard = this.shardOf(name);
    return as === undefined ? shard.read(name) : shard.read(name, as);
  }

  /** The tensor, bytes unchanged, for a writer of files. */
  source(name: string): TensorSource {
    return this.shardOf(name).source(name);
  }

  /** The real path of one of {@link files}. @throws CambiumError `E_OUTSIDE_DIRECTORY`, `E_NOT_FOUND` */
  filePath(name: string): Promise<string> {
    return containedPath(this.path, name);
  }

  async close(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Opens a directory with `config.json` and `model.safetensors`, or shards and their index.
 * @throws CambiumError `E_MODEL_DIRECTORY` with every reason found; the error itself when there is only one.
 */
export async function openModelDirectory(path: string): Promise<ModelDirectory> {
  await recoverDirectory(path);
  const names = (await withFileErrors(path, () => readdir(path))).sort();
  const problems: unknown[] = [];
  const shards: SafetensorsFile[] = [];
  const noted = <T>(work: Promise<T>) => work.catch((error: unknown) => void problems.push(error));
  const config = await noted(readConfig(path));
  await noted(openShards(path, names, shards));
  if (config !== undefined && problems.length === 0) {
    return new ModelDirectory(path, config, names.filter(isCompanion), shards);
  }
  await Promise.all(shards.map((shard) => shard.close()));
  if (problems.length === 1) throw problems[0];
  const reasons = new ReasonList();
  for (const problem of problems) reasons.addError(problem);
  reasons.throwIfAny("E_MODEL_DIRECTORY", "this model directory cannot be opened", { where: path });
  throw new Error("unreachable: a directory without config or problems");
}

async function readConfig(path: string): Promise<JsonObject> {
  const where = join(path, CONFIG_FILE);
  const config = parseJson(await readContainedText(path, CONFIG_FILE, MAX_CONFIG_BYTES), where);
  if (isJsonObject(config)) return config;
  throw new CambiumError("E_JSON", "config.json is not a JSON object", { where, expected: "{…}", got: quote(config) });
}

/** Opens every shard into `opened`, where the caller finds those to be closed when it fails. */
async function openShards(path: string, names: readonly string[], opened: SafetensorsFile[]): Promise<void> {
  const single = names.includes(WEIGHTS_FILE);
  const indexed = names.includes(INDEX_FILE);
  if (single && indexed) {
    throw new CambiumError("E_MODEL_DIRECTORY", "there are two sets of weights", {
      where: path,
      expected: `${WEIGHTS_FILE} or ${INDEX_FILE}`,
      got: "both",
      hint: "remove the one that is out of date",
    });
  }
  if (!single && !indexed) throw noWeights(path, names);
  if (single) {
    opened.push(await SafetensorsFile.open(await containedPath(path, WEIGHTS_FILE)));
    return;
  }
  const index = join(path, INDEX_FILE);
  const map = parseShardIndex(await readContainedText(path, INDEX_FILE, MAX_INDEX_BYTES), index);
  const reasons = new ReasonList();
  for (const file of [...new Set(map.values())].sort()) {
    try {
      opened.push(await SafetensorsFile.open(await containedPath(path, file)));
    } catch (error) {
      reasons.addError(error);
    }
  }
  checkShards(map, opened, reasons);
  reasons.throwIfAny("E_SHARD_INDEX", "the shards and their index do not agree", { where: index });
}

/** Every listed tensor is in its shard, and every tensor of a shard is listed there and nowhere else. */
function checkShards(map: WeightMap, shards: readonly SafetensorsFile[], reasons: ReasonList): void {
  const byFile = new Map(shards.map((shard) => [shard.path, shard]));
  const found = new Map<string, string>();
  for (const shard of byFile.values()) {
    const file = fileName(shard);
    for (const name of shard.tensors.keys()) {
      const where = `tensor ${quote(name)}`;
      const other = found.get(name);
      const listed = map.get(name);
      if (other !== undefined) reasons.add({ where, message: `it is in two shards, ${other} and ${file}` });
      else if (listed === undefined) reasons.add({ where, message: `it is in ${file} but not in the index` });
      else if (listed !== file) reasons.add({ where, message: `it is in ${file}; the index says ${listed}` });
      found.set(name, file);
    }
  }
  const opened = new Set([...byFile.values()].map(fileName));
  for (const [name, file] of map) {
    // A shard that could not be opened has been reported as a whole.
    if (!found.has(name) && opened.has(file)) {
      reasons.add({ where: `tensor ${quote(name)}`, message: `the index lists it in ${file}, which does not have it` });
    }
  }
}
