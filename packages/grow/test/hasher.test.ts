// What hashes tensors, in this thread and in its own: parts of several tensors in turns, and between them tensors of the
// source. Compared with SHA-256 and CRC-32 of the same bytes in one piece.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { openModelDirectory } from "@cambium/checkpoint";
import { expect, it } from "vitest";
import { tempDir } from "../../files/test/support/temp.js";
import { alignedBlocks } from "../src/node/block-file.js";
import { hereHasher, threadHasher } from "../src/node/hashing/hasher.js";
import { llamaJson, llamaShards, writeModel } from "./support/grow-models.js";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

it.each([
  ["this thread", hereHasher],
  ["a thread of its own", threadHasher],
])("hashes parts in turns with tensors of files in %s", async (_, make) => {
  // One tensor is 2.6 MB: more than one piece.
  const folder = writeModel(join(await tempDir(), "a"), llamaJson(1, 640, 2048), llamaShards(1, 640, 2048));
  const source = await openModelDirectory(folder);
  const [block = new Uint8Array()] = alignedBlocks(1, 300_000);
  block.forEach((_, i) => {
    block[i] = (i * i) % 251;
  });
  const hasher = make();
  try {
    const names = [...source.tensors.keys()];
    const reading = (async () => {
      const sums = [];
      for (const name of names) sums.push(await hasher.sumOf(source, name, () => false));
      return sums;
    })();
    const part = (stream: number, start: number, end: number, last = false) => {
      return { stream, bytes: block.subarray(start, end), last };
    };
    expect(await hasher.add([part(1, 0, 1000), part(2, 1000, 1001)])).toEqual([]);
    expect(await hasher.add([part(2, 1001, 200_000, true), part(3, 5, 6, true), part(1, 1000, 1000)])).toEqual([
      sha256(block.subarray(1000, 200_000)),
      sha256(block.subarray(5, 6)),
    ]);
    expect(await hasher.add([part(1, 1000, 300_000, true)])).toEqual([sha256(block.subarray(0, 300_000))]);
    const bytes = await Promise.all(
      names.map((name) => source.shardOf(name).readBytes(name, 0, source.shardOf(name).entry(name).byteLength)),
    );
    expect(await reading).toEqual(bytes.map((one) => ({ sha256: sha256(one), crc: crc32(one) })));
  } finally {
    await hasher.end();
    await source.close();
  }
});
