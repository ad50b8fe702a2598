// Whether a growth that was done before is still what was written then: people edit files, and train into folders.
import { lstat, stat } from "node:fs/promises";
import { join } from "node:path";
import { CONFIG_FILE, INDEX_FILE, SafetensorsFile } from "@cambium/checkpoint";
import { isJsonObject, ReasonList, readTextFile } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { Growth } from "./dry-run.js";
import { sumOf } from "./hashing/tensor-sum.js";
import { RECORD_FILE } from "./record.js";
import type { GrowOptions } from "./request.js";
import { contentOf, sampleOf } from "./sources.js";
import { readRecord } from "./standing.js";

type Watched = Pick<GrowOptions, "signal" | "onProgress" | "verify">;

/** Hashes of samples of the grown files of weights in `folder`, for the record. */
export async function resultSamples({ prepared }: Growth, folder: string): Promise<Record<string, string>> {
  const samples: Record<string, string> = {};
  for (const { file } of prepared.shards) {
    await using now = await SafetensorsFile.open(join(folder, file));
    samples[file] = await sampleOf(now);
  }
  return samples;
}

/**
 * Of files of weights, samples are read; the whole if they changed after the record was written; nothing if they will
 * be verified anyway.
 * @throws CambiumError `E_GROWTH_VERIFY` naming every file of the growth, except its card, that is not what was
 *   written; the signal's reason
 */
export async function requireWhole(growth: Growth, target: string, watched: Watched): Promise<void> {
  const reasons = new ReasonList();
  for (const [name, wanted] of smallFiles(growth)) {
    const is = await wanted(join(target, name)).catch(() => undefined);
    if (!is) reasons.add({ where: name, message: is === undefined ? "is not there" : "is not what was written" });
  }
  if (!watched.verify) await weights(growth, target, reasons, watched);
  reasons.throwIfAny("E_GROWTH_VERIFY", "this growth is not what it was", {
    where: target,
    hint: `choose another path, or remove ${target} to grow again`,
  });
}

/** Whether a file is what it should be. */
type Check = (path: string) => Promise<boolean>;

function smallFiles({ prepared, companions, rewritten, identity }: Growth): Map<string, Check> {
  const text =
    (wanted: string): Check =>
    async (path) =>
      (await readTextFile(path)) === wanted;
  return new Map([
    [CONFIG_FILE, text(prepared.configText)],
    ...(prepared.index === undefined ? [] : [[INDEX_FILE, text(prepared.index)] as const]),
    ...companions.map(({ name, from }): [string, Check] => {
      const changed = rewritten.get(from);
      if (changed !== undefined) return [name, text(changed)];
      return [name, async (path) => (await contentOf(path)) === identity.contents.get(from)];
    }),
  ]);
}

async function weights(
  { prepared, report }: Growth,
  target: string,
  reasons: ReasonList,
  { signal, onProgress }: Watched,
): Promise<void> {
  const root = await readRecord(target);
  const recorded = isJsonObject(root?.sha256) && isJsonObject(root.sha256.result) ? root.sha256.result : {};
  const samples = isJsonObject(root?.samples) ? root.samples : {};
  const { ctimeNs, birthtimeNs } = await stat(join(target, RECORD_FILE), { bigint: true });
  // The record may have been touched since; some file systems do not know when a file was made.
  const since = birthtimeNs > 0n && birthtimeNs < ctimeNs ? birthtimeNs : ctimeNs;
  let done = 0;
  for (const { file, layout } of prepared.shards) {
    const there = await lstat(join(target, file), { bigint: true }).catch(() => undefined);
    if (!there?.isFile() || there.size !== BigInt(layout.fileSize)) {
      const got = there ? `${there.size} bytes` : "nothing";
      reasons.add({ where: file, message: "has another length", expected: `${layout.fileSize} bytes`, got });
      continue;
    }
    const sample = samples[file];
    const damage = async (): Promise<string | undefined> => {
      await using now = await SafetensorsFile.open(join(target, file));
      const head = new Uint8Array(layout.head.length);
      await now.readInto(head, 0);
      if (Buffer.compare(head, layout.head) !== 0) return "its header is not what was written";
      if (there.ctimeNs < since && sample !== undefined)
        return (await sampleOf(now)) === sample ? undefined : "its tensors are not what was written";
      for (const { name, byteLength } of layout.tensors) {
        signal?.throwIfAborted();
        if ((await sumOf(now, name)).sha256 !== recorded[name]) return `${name} is not what was written`;
        done += byteLength;
        onProgress?.({ phase: "verify", done, total: report.bytesOut });
      }
      return undefined;
    };
    const message = await damage().catch((error: unknown) => {
      if (error instanceof CambiumError) return error.summary;
      throw error;
    });
    if (message !== undefined) reasons.add({ where: file, message });
  }
}
