// Reads a grown model and its source, and compares them tensor by tensor; hashes every file of weights on the way.
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { type ModelDirectory, SafetensorsFile } from "@cambium/checkpoint";
import { ReasonList } from "@cambium/files";
import { hashChunks } from "./hashing/tensor-sum.js";
import type { Prepared } from "./prepare.js";
import type { RecordedHashes } from "./record.js";
import type { GrowOptions } from "./request.js";
import { blocksOf, madeBlocks, type RowMakers } from "./rows/make.js";

/**
 * @returns SHA-256 of each file of weights and of the tensors in them; incomplete if the signal interrupted it
 * @throws CambiumError `E_GROWTH_VERIFY` with every tensor that is not what it should be; as opening the files
 */
export async function verifyShards(
  source: ModelDirectory,
  folder: string,
  shards: Prepared["shards"],
  makers: RowMakers,
  total: number,
  { signal, onProgress }: Pick<GrowOptions, "signal" | "onProgress">,
): Promise<RecordedHashes> {
  const files = { source: {} as Record<string, string>, result: {} as Record<string, string> };
  const sums = { source: {} as Record<string, string>, result: {} as Record<string, string> };
  const hashes: RecordedHashes = { tensors: sums, files };
  const before = source.shards.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const progress = (bytes: number): void => {
    done += bytes;
    onProgress?.({ phase: "verify", done, total: before + total });
  };
  const expected = new Map<string, string>();
  for (const shard of source.shards) {
    if (signal?.aborted) return hashes;
    const tensors = await hashFile(shard, progress, signal);
    files.source[basename(shard.path)] = tensors.whole;
    for (const [name, hash] of tensors.byName) expected.set(name, hash);
  }
  const reasons = new ReasonList();
  for (const { file, layout } of shards) {
    if (signal?.aborted) return hashes;
    await using written = await SafetensorsFile.open(join(folder, file));
    const head = new Uint8Array(layout.head.length);
    await written.readInto(head, 0);
    if (Buffer.compare(head, layout.head) !== 0)
      reasons.add({ where: file, message: "its header is not what was written" });
    const { whole, byName } = await hashFile(written, progress, signal);
    if (signal?.aborted) return hashes;
    files.result[file] = whole;
    for (const { name, source: target } of layout.tensors) {
      const wanted = target.made
        ? await hashChunks(madeBlocks(blocksOf(target.made), makers))
        : expected.get(target.copyOf as string);
      if (wanted !== undefined) sums.result[name] = wanted;
      for (const from of target.sources) sums.source[from] = expected.get(from) as string;
      if (byName.get(name) !== wanted)
        reasons.add({ where: `${file}: ${name}`, message: "its bytes are not those of its source" });
    }
  }
  reasons.throwIfAny("E_GROWTH_VERIFY", "the grown model is not what its source makes", {
    where: folder,
    hint: "the source or the result was changed since it was grown: remove the result and grow again",
  });
  return hashes;
}

/** SHA-256 of a file and of each of its tensors, read once. */
async function hashFile(
  file: SafetensorsFile,
  progress: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<{ readonly whole: string; readonly byName: ReadonlyMap<string, string> }> {
  const entries = [...file.tensors.values()];
  const head = new Uint8Array(entries[0]?.offset ?? file.size);
  await file.readInto(head, 0);
  const whole = createHash("sha256").update(head);
  progress(head.length);
  const byName = new Map<string, string>();
  for (const { name, byteLength } of entries) {
    if (signal?.aborted) break;
    byName.set(name, await hashChunks(file.stream(name), whole));
    progress(byteLength);
  }
  return { whole: whole.digest("hex"), byName };
}
