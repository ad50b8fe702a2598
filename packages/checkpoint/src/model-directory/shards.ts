// The weight files of a model directory: found, opened, and checked against their index.
import { join } from "node:path";
import { containedPath, quote, ReasonList, readContainedText } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { type OpenOptions, SafetensorsFile } from "../safetensors/file.js";
import { INDEX_FILE, WEIGHTS_FILE } from "./names.js";
import { parseShardIndex, type WeightMap } from "./shard-index.js";

/** Those of the largest mixtures of experts reach some tens of megabytes. */
const MAX_INDEX_BYTES = 100_000_000;

/**
 * Opens the weights in `path`, whose entries are `names`.
 * @returns one open file, or one for each shard
 * @throws CambiumError `E_SHARD_INDEX` with every reason; `E_NO_WEIGHTS`, `E_TWO_WEIGHTS`; those of a single file.
 */
export async function openWeights(
  path: string,
  names: readonly string[],
  options: OpenOptions = {},
): Promise<SafetensorsFile[]> {
  const single = names.includes(WEIGHTS_FILE);
  const indexed = names.includes(INDEX_FILE);
  if (single && indexed) {
    throw new CambiumError("E_TWO_WEIGHTS", "there are two sets of weights", {
      where: path,
      expected: `${WEIGHTS_FILE} or ${INDEX_FILE}`,
      got: "both",
      hint: "remove the one that is out of date",
    });
  }
  if (single) return [await SafetensorsFile.open(await containedPath(path, WEIGHTS_FILE), options)];
  if (indexed) return openShards(path, options);
  const pickled = names.filter((name) => /\.(?:bin|pth?|ckpt)$/.test(name));
  throw new CambiumError("E_NO_WEIGHTS", "there are no safetensors weights here", {
    where: path,
    expected: `${WEIGHTS_FILE} or ${INDEX_FILE}`,
    got: pickled.length === 0 ? quote(names) : quote(pickled),
    ...(pickled.length === 0 ? {} : { hint: "save the model again with transformers: model.save_pretrained(DIR)" }),
  });
}

async function openShards(path: string, options: OpenOptions): Promise<SafetensorsFile[]> {
  const where = join(path, INDEX_FILE);
  const map = parseShardIndex(await readContainedText(path, INDEX_FILE, MAX_INDEX_BYTES), where);
  const shards = new Map<string, SafetensorsFile>();
  const reasons = new ReasonList();
  for (const file of [...new Set(map.values())].sort()) {
    try {
      shards.set(file, await SafetensorsFile.open(await containedPath(path, file), options));
    } catch (error) {
      reasons.addError(error);
    }
  }
  checkShards(map, shards, reasons);
  const opened = [...shards.values()];
  if (reasons.count > 0) await Promise.all(opened.map((shard) => shard.close()));
  reasons.throwIfAny("E_SHARD_INDEX", "the shards and their index do not agree", { where });
  return opened;
}

/** Every listed tensor is in its shard, and every tensor of a shard is listed there and nowhere else. */
function checkShards(map: WeightMap, shards: ReadonlyMap<string, SafetensorsFile>, reasons: ReasonList): void {
  const found = new Map<string, string>();
  for (const [file, shard] of shards) {
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
  for (const [name, file] of map) {
    // A shard that could not be opened has been reported as a whole.
    if (!found.has(name) && shards.has(file)) {
      reasons.add({ where: `tensor ${quote(name)}`, message: `the index lists it in ${file}, which does not have it` });
    }
  }
}
