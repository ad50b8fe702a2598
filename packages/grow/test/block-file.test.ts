// Files written block by block: the same bytes past the cache, where that is refused, and after a longer file.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempDir } from "../../files/test/support/temp.js";
import { alignedBlocks, BlockFile } from "../src/node/block-file.js";

describe("a file written by blocks", () => {
  const [block = new Uint8Array()] = alignedBlocks(1, 100_000);
  block.forEach((_, i) => {
    block[i] = i % 251;
  });
  // One byte off the alignment: the kernel refuses it past the cache.
  const unaligned = new Uint8Array(block.length + 1).subarray(1);
  unaligned.set(block);

  it.each([
    ["aligned", block],
    ["unaligned", unaligned],
  ])("has the bytes of its blocks, cut to size: %s", async (_, bytes) => {
    const path = join(await tempDir(), "f");
    writeFileSync(path, new Uint8Array(500_000).fill(7));
    const file = await BlockFile.open(path, 4096);
    await Promise.all([file.write(bytes, 65_536, 4096), file.write(bytes, 10_001, 4096 + 65_536)]);
    await file.flush();
    await file.finish(4096 + 65_536 + 10_001);
    await file.close();
    const expected = Buffer.concat([Buffer.alloc(4096, 7), block.subarray(0, 65_536), block.subarray(0, 10_001)]);
    expect(readFileSync(path).equals(expected)).toBe(true);
  });
});
