// Reads and writes `model.safetensors.index.json`: which shard has which tensor.

import { isJsonObject, isPlainName, parseJson, quote, ReasonList } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { storedByteLength } from "../safetensors/dtype.js";
import type { TensorInfo } from "../safetensors/header.js";
import { shardFile } from "./names.js";

/** File name by tensor name. */
export type WeightMap = ReadonlyMap<string, string>;

/**
 * Parses an index.
 * @throws CambiumError `E_SHARD_INDEX` with every reason: not the expected JSON, a duplicate tensor, a file name that
 * is not a plain `*.safetensors`.
 */
export function parseShardIndex(text: string, where: string): WeightMap {
  const reasons = new ReasonList();
  const map = new Map<string, string>();
  try {
    const root = parseJson(text, where);
    const weights = isJsonObject(root) ? root.weight_map : root;
    if (!isJsonObject(weights)) {
      reasons.add({ message: "there is no map of tensors to files", expected: '{"weight_map": {TENSOR: FILE, …}}' });
    } else {
      for (const [name, file] of Object.entries(weights)) {
        if (typeof file === "string" && isPlainName(file) && file.endsWith(".safetensors")) map.set(name, file);
        else {
          reasons.add({
            where: `tensor ${quote(name)}`,
            message: "its shard is not a plain file name",
            expected: "e.g. model-00001-of-00002.safetensors",
            got: quote(file),
          });
        }
      }
    }
  } catch (error) {
    reasons.addError(error);
  }
  reasons.throwIfAny("E_SHARD_INDEX", "the index of the shards is not valid", { where });
  return map;
}

/** The shards of a model, each with its tensors in order. */
export interface ShardPlan<T extends TensorInfo> {
  readonly shards: readonly { readonly file: string; readonly tensors: readonly T[] }[];
  /** The text of `model.safetensors.index.json`; absent if there is only one shard. */
  readonly index?: string;
}

/**
 * Splits `tensors`, in the order given, into files of at most `maxShardBytes` of data, as `transformers` does. A larger
 * tensor has a file of its own.
 * @throws CambiumError `E_SHARD_SIZE` if `maxShardBytes` is not positive.
 */
export function planShards<T extends TensorInfo>(tensors: Iterable<T>, maxShardBytes: number): ShardPlan<T> {
  if (!(maxShardBytes > 0)) {
    throw new CambiumError("E_SHARD_SIZE", "a shard must have room for at least one byte", {
      got: String(maxShardBytes),
    });
  }
  const groups: T[][] = [];
  let open: T[] = [];
  let openBytes = 0;
  let totalBytes = 0;
  let totalElements = 0;
  for (const tensor of tensors) {
    const bytes = storedByteLength(tensor.dtype, tensor.shape) ?? 0;
    totalBytes += bytes;
    totalElements += tensor.shape.reduce((product, size) => product * size, 1);
    if (bytes > maxShardBytes) {
      groups.push([tensor]);
      continue;
    }
    if (openBytes + bytes > maxShardBytes) {
      groups.push(open);
      open = [];
      openBytes = 0;
    }
    open.push(tensor);
    openBytes += bytes;
  }
  if (open.length > 0 || groups.length === 0) groups.push(open);
  const shards = groups.map((group, i) => ({ file: shardFile(i, groups.length), tensors: group }));
  if (shards.length === 1) return { shards };
  const places = shards.flatMap(({ file, tensors }) => tensors.map(({ name }) => [name, file] as const));
  places.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const metadata = { total_parameters: totalElements, total_size: totalBytes };
  const index = { metadata, weight_map: Object.fromEntries(places) };
  return { shards, index: `${JSON.stringify(index, null, 2)}\n` };
}
