// Finds and opens the weight files of a model directory, and checks them against their index.
import { join } from "node:path";
import { containedPath, quote, ReasonList, readContainedText } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { type OpenOptions, SafetensorsFile } from "../safetensors/file.js";
import { INDEX_FILE, WEIGHTS_FILE } from "./names.js";
import { parseShardIndex, type WeightMap } from "./shard-index.js";

/** Options for opening a model directory. */
export interface ModelOpenOptions extends OpenOptions {
  /** Whether to ignore the tensor of that name. */
  readonly leaveOut?: (name: string) => boolean;
  /** Whether links may lead out of the directory, because the user trusts its source. */
  readonly followLinks?: boolean;
}

/** Indexes of the largest mixtures of experts have some tens of megabytes. */
const MAX_INDEX_BYTES = 100_000_000;

/**
 * Opens the weights in `path`, whose directory entries are `names`.
 * @returns one open file, or one per shard.
 * @throws CambiumError `E_SHARD_INDEX` with every reason; `E_NO_WEIGHTS`, `E_TWO_WEIGHTS`; errors of a single file.
 */
export async function openWeights(
  path: string,
  names: readonly string[],
  options: ModelOpenOptions = {},
): Promise<SafetensorsFile[]> {
  const { followLinks = false } = options;
  const single = names.includes(WEIGHTS_FILE);
  const indexed = names.includes(INDEX_FILE);
  // An index whose files are gone is a leftover. Like transformers, take the single file then.
  if (single && indexed && (await isInUse(path, names, followLinks))) {
    throw new CambiumError("E_TWO_WEIGHTS", "there are two sets of weights", {
      where: path,
      expected: `${WEIGHTS_FILE} or ${INDEX_FILE}`,
      got: "both",
      hint: "remove the one that is out of date",
    });
  }
  if (single) return [await SafetensorsFile.open(await containedPath(path, WEIGHTS_FILE, followLinks), options)];
  if (indexed) return openShards(path, options);
  const pickled = names.filter((name) => /\.(?:bin|pth?|ckpt)$/.test(name));
  throw new CambiumError("E_NO_WEIGHTS", "there are no safetensors weights here", {
    where: path,
    expected: `${WEIGHTS_FILE} or ${INDEX_FILE}`,
    got: pickled.length === 0 ? quote(names) : quote(pickled),
    ...(pickled.length === 0 ? {} : { hint: "save the model again with transformers: model.save_pretrained(DIR)" }),
  });
}

/** Whether any shard that the index names exists. If the index cannot be read, it counts as in use. */
async function isInUse(path: string, names: readonly string[], followLinks: boolean): Promise<boolean> {
  if (!names.some((name) => name.endsWith(".safetensors") && name !== WEIGHTS_FILE)) return false;
  try {
    const text = await readContainedText(path, INDEX_FILE, MAX_INDEX_BYTES, followLinks);
    return [...parseShardIndex(text, path).values()].some((file) => file !== WEIGHTS_FILE && names.includes(file));
  } catch {
    return true;
  }
}

async function openShards(path: string, options: ModelOpenOptions): Promise<SafetensorsFile[]> {
  const where = join(path, INDEX_FILE);
  const { followLinks = false, leaveOut = () => false } = options;
  const map = parseShardIndex(await readContainedText(path, INDEX_FILE, MAX_INDEX_BYTES, followLinks), where);
  const shards = new Map<string, SafetensorsFile>();
  const reasons = new ReasonList();
  for (const file of [...new Set(map.values())].sort()) {
    try {
      shards.set(file, await SafetensorsFile.open(await containedPath(path, file, followLinks), options));
    } catch (error) {
      reasons.addError(error);
    }
  }
  checkShards(map, shards, leaveOut, reasons);
  const opened = [...shards.values()];
  if (reasons.count > 0) await Promise.all(opened.map((shard) => shard.close()));
  reasons.throwIfAny("E_SHARD_INDEX", "the shards and their index do not agree", {
    where,
    hint: "`cambium grow --drop NAME` leaves out unwanted tensors",
  });
  return opened;
}

/**
 * Adds a reason for every listed tensor that is not in its shard, and every tensor of a shard that is not listed there.
 */
function checkShards(
  map: WeightMap,
  shards: ReadonlyMap<string, SafetensorsFile>,
  leaveOut: (name: string) => boolean,
  reasons: ReasonList,
): void {
  const found = new Map<string, string>();
  for (const [file, shard] of shards) {
    for (const name of shard.tensors.keys()) {
      if (leaveOut(name)) continue;
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
    if (!found.has(name) && shards.has(file) && !leaveOut(name)) {
      reasons.add({ where: `tensor ${quote(name)}`, message: `the index lists it in ${file}, which does not have it` });
    }
  }
}
