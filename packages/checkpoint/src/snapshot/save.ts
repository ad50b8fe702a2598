// Saves a training snapshot. After a kill at any instant, every generation sealed before survives, and the new one does
// once its manifest has been renamed into place. Unsealed tensors are never read, and the next save removes them.
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type JsonValue, removeStaleScratch, withFileErrors, writeFileAtomic } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { layoutSafetensors } from "../safetensors/layout.js";
import type { TensorSource } from "../safetensors/source.js";
import { writeLayout } from "../safetensors/write.js";
import {
  formatManifest,
  isSnapshotFile,
  listGenerations,
  manifestFile,
  readManifest,
  tensorFile,
} from "./generations.js";

export interface SnapshotContent {
  /** Read one at a time; see `hostSources` and `lazySource`. */
  readonly tensors: Iterable<TensorSource>;
  /** Everything else that a run needs to continue: counters, random state, position in the data. */
  readonly state: JsonValue;
}

/**
 * Writes the next generation into `dir`, then removes all others except the last good one before it. Only one process
 * may save into a directory at a time.
 * @returns the generation's number.
 * @throws CambiumError `E_SNAPSHOT_STATE` if `state` would not survive JSON, `E_DISK_FULL`, `E_READ_ONLY`, …; earlier
 *   generations are then untouched.
 */
export async function saveSnapshot(dir: string, { tensors, state }: SnapshotContent): Promise<number> {
  requireJson(state, "state");
  const before = await listGenerations(dir);
  const generation = (before[0]?.generation ?? 0) + 1;
  const file = tensorFile(generation);
  const { bytes, sha256 = "" } = await writeLayout(join(dir, file), layoutSafetensors(tensors), true);
  const manifest = formatManifest({ version: 1, generation, file, bytes, sha256, state });
  await writeFileAtomic(join(dir, manifestFile(generation)), manifest);
  await prune(dir, generation);
  return generation;
}

async function prune(dir: string, newest: number): Promise<void> {
  const files = await listGenerations(dir);
  const older = files.filter(({ generation, kind }) => kind === "json" && generation < newest);
  let kept: number | undefined;
  for (const { generation } of older) {
    if (kept === undefined && (await looksWhole(dir, generation))) kept = generation;
  }
  // Manifests first: without its manifest, a tensor file is ignored.
  const gone = files.filter(({ generation }) => generation !== newest && generation !== kept);
  gone.sort((a, b) => a.kind.localeCompare(b.kind));
  await withFileErrors(dir, async () => {
    for (const { name } of gone) await rm(join(dir, name), { force: true });
    await removeStaleScratch(dir, isSnapshotFile);
  });
}

/** Whether a generation is sealed and its tensors have the right length. Their bytes are checked only by loading. */
async function looksWhole(dir: string, generation: number): Promise<boolean> {
  try {
    const { file, bytes } = await readManifest(dir, generation);
    return (await stat(join(dir, file))).size === bytes;
  } catch {
    return false;
  }
}

/**
 * @throws CambiumError `E_SNAPSHOT_STATE` for values that `JSON.stringify` silently drops or changes: NaN, dates, maps
 * …
 */
function requireJson(value: unknown, path: string): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (typeof value === "number" && Number.isFinite(value)) return;
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) requireJson(item, `${path}[${i}]`);
    return;
  }
  if (typeof value === "object" && [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)) {
    for (const [key, item] of Object.entries(value)) requireJson(item, `${path}.${key}`);
    return;
  }
  throw new CambiumError("E_SNAPSHOT_STATE", "this value would not survive JSON", {
    where: path,
    expected: "null, booleans, finite numbers, strings, arrays and plain objects of them",
    got: typeof value === "object" ? (value.constructor?.name ?? "object") : String(value),
  });
}
