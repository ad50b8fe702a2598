// A Hugging Face directory as the start of training: its configuration, its identity, its weights in f32.
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type CompanionFile, openModelDirectory } from "@cambium/checkpoint";
import { withFileErrors } from "@cambium/files";
import { CambiumError, type HostTensor } from "@cambium/ir";
import { type Family, type ModelSpec, parameterTable, readHfModel, unfitTensors } from "@cambium/model";

/** A model to start from, without its weights. */
export interface Checkpoint {
  readonly path: string;
  readonly model: ModelSpec;
  /** Covers configuration, tensor headers, and the sizes and times of the files: weights changed in place change it. */
  readonly fingerprint: string;
  /** config.json, not interpreted. */
  readonly configJson: object;
  /** Tokenizer, licence, generation config. */
  readonly files: readonly CompanionFile[];
}

/**
 * The model in `path`.
 * @throws CambiumError from reading the directory; `E_CONFIG`, `E_FAMILY` for an unsupported model.
 */
export async function readCheckpoint(path: string, families?: readonly Family[]): Promise<Checkpoint> {
  await using directory = await openModelDirectory(path);
  const model = readHfModel(directory.configJson, families, join(path, "config.json"));
  const hash = createHash("sha256").update(JSON.stringify(model));
  for (const [name, entry] of directory.tensors) hash.update(JSON.stringify([name, entry]));
  const files = new Set([...directory.tensors.keys()].map((name) => directory.shardOf(name).path));
  for (const file of files) {
    const { size, mtimeMs } = await withFileErrors(file, () => stat(file));
    hash.update(JSON.stringify([size, mtimeMs]));
  }
  const { configJson, files: companions } = directory;
  return { path, model, fingerprint: hash.digest("hex"), configJson, files: companions };
}

/** Parameters of `model` in `path`, as f32. @throws CambiumError `E_CHECKPOINT_TENSORS` naming all that do not fit. */
export async function readParameters(path: string, model: ModelSpec): Promise<Record<string, HostTensor<"f32">>> {
  await using directory = await openModelDirectory(path);
  const reasons = unfitTensors(model, directory.tensors);
  if (reasons.length > 0)
    throw new CambiumError("E_CHECKPOINT_TENSORS", "the checkpoint's tensors do not fit its configuration", {
      where: path,
      reasons,
    });
  const parameters: Record<string, HostTensor<"f32">> = {};
  for (const { name } of parameterTable(model)) parameters[name] = await directory.read(name, "f32");
  return parameters;
}
