// The last checks before a grown model is published, or reported as present: are the sources still those it was made
// from?
import { basename, join } from "node:path";
import { CONFIG_FILE } from "@cambium/checkpoint";
import { isJsonObject, readTextFile } from "@cambium/files";
import { append, CambiumError } from "@cambium/ir";
import type { Growth } from "./dry-run.js";
import type { TensorHashes } from "./hashing/hashes.js";
import type { GrowOptions } from "./request.js";
import { changedFiles, contentOf, otherTensors, sourceChanged } from "./sources.js";
import { readRecord } from "./standing.js";

/**
 * @param made the folder with the copies of the files beside the weights
 * @throws CambiumError `E_GROWTH_CHANGED` naming every source file whose content is not what was read
 */
export async function requireUnchanged(
  { source, prepared, files, companions, rewritten, identity }: Growth,
  made: string,
  { source: sums }: TensorHashes,
  { signal, onProgress }: GrowOptions,
): Promise<void> {
  const changed = new Set(await changedFiles(files));
  if (changed.size === 0) return;
  const what: string[] = [];
  const total = source.shards.reduce((sum, { path, size }) => sum + (changed.has(path) ? size : 0), 0);
  let done = 0;
  const progress = (bytes: number): void => {
    done += bytes;
    onProgress?.({ phase: "verify", done, total });
  };
  // A new link or a changed mode updates the change time as a write does; the content tells which it was.
  for (const { path } of source.shards) {
    if (!changed.has(path)) continue;
    const others = await otherTensors(source, sums, (one) => one === path, { signal, progress }).catch((error) => {
      if (error instanceof CambiumError) return [basename(path)];
      throw error;
    });
    // Computed rows were read only once, so only the change time tells whether their source changed.
    const computed = prepared.tensors.some(({ copyOf }) => copyOf === undefined);
    append(what, computed && others.length === 0 ? [basename(path)] : others);
  }
  for (const { name, from } of companions) {
    if (!changed.has(from)) continue;
    const copies = rewritten.has(from) ? [from] : [from, join(made, name)];
    const now = await Promise.all(copies.map((path) => contentOf(path).catch(() => "")));
    if (now.some((content) => content !== identity.contents.get(from))) what.push(name);
  }
  const config = await readTextFile(join(source.path, CONFIG_FILE)).catch(() => "");
  if (config.replace(/^\uFEFF/, "") !== prepared.sourceConfig) what.push(CONFIG_FILE);
  if (what.length > 0) throw sourceChanged(source.path, what);
}

/**
 * Checks a growth that was done before, by its record.
 * @throws CambiumError `E_EXISTS` when it was made from other weights than the source's; the signal's reason
 */
export async function requireTheseSources(
  { source, prepared, report }: Growth,
  target: string,
  { signal, onProgress }: GrowOptions,
): Promise<void> {
  const root = (await readRecord(target))?.sha256;
  const recorded = isJsonObject(root) && isJsonObject(root.source) ? root.source : {};
  const sums: Record<string, string> = {};
  for (const { sources } of prepared.tensors)
    for (const name of sources) sums[name] = typeof recorded[name] === "string" ? recorded[name] : "";
  let done = 0;
  const others = await otherTensors(source, sums, () => true, {
    signal,
    progress: (bytes) => {
      done += bytes;
      onProgress?.({ phase: "verify", done, total: report.bytesIn });
    },
  });
  if (others.length === 0) return;
  throw new CambiumError("E_EXISTS", "the growth that is there was made from other weights", {
    where: target,
    reasons: others.slice(0, 5).map((name) => ({ where: name, message: "is not what it was grown from" })),
    hint: "the source was written to since, or is another model; choose another path, or remove the growth",
  });
}
