// Opens a Hugging Face model directory: config, the place of every tensor, and the files that go with the model. Reads
// only headers, and checks them fully against each other.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  containedPath,
  isJsonObject,
  type JsonObject,
  parsePythonJson,
  quote,
  ReasonList,
  readContainedText,
  recoverDirectory,
  smallFileBytes,
  withFileErrors,
} from "@cambium/files";
import { CambiumError, type HostTensor } from "@cambium/ir";
import type { ReadDType } from "../safetensors/decode.js";
import type { SafetensorsFile } from "../safetensors/file.js";
import type { TensorEntry } from "../safetensors/header.js";
import type { TensorSource } from "../safetensors/source.js";
import { CONFIG_FILE, isCompanion } from "./names.js";
import { type ModelOpenOptions, openWeights } from "./shards.js";

/** A file that goes with a model: its name and real path. */
export interface CompanionFile {
  readonly name: string;
  readonly from: string;
}

/** An open model directory. Close it, or use `await using`. */
export class ModelDirectory implements AsyncDisposable {
  /** Every tensor of the model, by name. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Names of the tensors in the files that `leaveOut` excluded. */
  readonly left: readonly string[];
  readonly #homes: ReadonlyMap<string, SafetensorsFile>;

  constructor(
    readonly path: string,
    /** `config.json`, not interpreted; NaN and Infinity are numbers, as Python writes them. */
    readonly configJson: JsonObject,
    /** Tokenizer, generation config, chat template and licence files, ready to be written beside another model. */
    readonly files: readonly CompanionFile[],
    /** The open weight files. */
    readonly shards: readonly SafetensorsFile[],
    leaveOut: (name: string) => boolean = () => false,
  ) {
    const all = shards.flatMap((shard) => [...shard.tensors.values()].map((entry) => ({ entry, shard })));
    const places = all.filter(({ entry }) => !leaveOut(entry.name));
    this.left = all.flatMap(({ entry }) => (leaveOut(entry.name) ? [entry.name] : []));
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

  /** The tensor with its bytes unchanged, for writing it to another file. */
  source(name: string): TensorSource {
    return this.shardOf(name).source(name);
  }

  async close(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Opens a directory with `config.json` and `model.safetensors`, or shards and their index. Reads only headers; with
 * `headersOnly` the tensors' data may be missing.
 * @throws CambiumError `E_MODEL_DIRECTORY` with every reason found; if there is only one, that error itself.
 */
export async function openModelDirectory(path: string, options: ModelOpenOptions = {}): Promise<ModelDirectory> {
  await recoverDirectory(path);
  const names = (await withFileErrors(path, () => readdir(path))).sort();
  const parts = await Promise.allSettled([
    readConfig(path, options.followLinks),
    findCompanions(path, names, options.followLinks),
    openWeights(path, names, options),
  ]);
  const [config, files, weights] = parts;
  if (config.status === "fulfilled" && files.status === "fulfilled" && weights.status === "fulfilled") {
    return new ModelDirectory(path, config.value, files.value, weights.value, options.leaveOut);
  }
  if (weights.status === "fulfilled") await Promise.all(weights.value.map((shard) => shard.close()));
  const problems = parts.flatMap((part) => (part.status === "rejected" ? [part.reason as unknown] : []));
  if (problems.length === 1) throw problems[0];
  const reasons = new ReasonList();
  for (const problem of problems) reasons.addError(problem);
  throw new CambiumError("E_MODEL_DIRECTORY", "this is not a model directory", {
    where: path,
    reasons: reasons.list(),
  });
}

async function findCompanions(path: string, names: readonly string[], followLinks?: boolean): Promise<CompanionFile[]> {
  return Promise.all(
    names.filter(isCompanion).map(async (name) => ({ name, from: await containedPath(path, name, followLinks) })),
  );
}

async function readConfig(path: string, followLinks?: boolean): Promise<JsonObject> {
  const where = join(path, CONFIG_FILE);
  const config = parsePythonJson(await readContainedText(path, CONFIG_FILE, smallFileBytes, followLinks), where);
  if (isJsonObject(config)) return config;
  throw new CambiumError("E_JSON", "config.json is not a JSON object", { where, expected: "{…}", got: quote(config) });
}
