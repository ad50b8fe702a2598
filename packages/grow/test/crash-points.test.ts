// A power cut at every single change that a growth makes to the disk: the change and all after it do not happen, and of
// the bytes written before only those are kept that were flushed. What is left continues to the bytes of an
// undisturbed growth.
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { tempDir } from "../../files/test/support/temp.js";
import { llamaJson, llamaShards, stacked, writeModel } from "./support/grow-models.js";
import { files } from "./support/grow-process.js";

vi.mock("node:fs/promises", async (original) => (await import("../../files/test/support/power.js")).failing(original));

const { cutAfter } = await import("../../files/test/support/power.js");
const { growDirectory } = await import("@cambium/grow/node");
const request = { operator: stacked, options: { factor: 2 }, flushBytes: 65_536, maxShardBytes: 120_000 };

/** What names the process that was cut off goes with it. */
function bury(dir: string): void {
  for (const name of readdirSync(dir)) if (name.endsWith(".lock")) rmSync(join(dir, name));
}

/** Of the folder, what no clean-up of a dead process would remove. */
function left(dir: string): string[] {
  return readdirSync(dir).filter((name) => name.startsWith(".") && !name.endsWith(".new"));
}

it.each([false, true])(
  "a power cut at every change: no target or all of it, and the same bytes in the end; verified: %s",
  async (verify) => {
    const dir = await tempDir();
    const source = writeModel(join(dir, "a"), llamaJson(1, 64, 128), llamaShards(1, 64, 128));
    const asked = { ...request, verify };
    await growDirectory(source, join(dir, "expected"), asked);
    const expected = files(join(dir, "expected"));
    const before = files(source);
    let points = 0;
    let whole = 0;
    for (let changes = 0; ; changes++) {
      const place = join(dir, `at-${changes}`);
      cpSync(source, join(place, "a"), { recursive: true });
      const target = join(place, "x");
      const ended = await cutAfter(changes, () => growDirectory(join(place, "a"), target, asked));
      bury(place);
      if (existsSync(target)) {
        expect(files(target), `after ${changes} changes`).toEqual(expected);
        whole++;
      }
      await growDirectory(join(place, "a"), target, asked);
      expect(files(target), `continued after ${changes} changes`).toEqual(expected);
      expect(left(place), `after ${changes} changes`).toEqual([]);
      expect(files(join(place, "a"))).toEqual(before);
      rmSync(place, { recursive: true });
      points = changes;
      if (ended) break;
    }
    // Journal, folder, three shards with their flushes, what stands beside them, the record, the rename.
    expect(points).toBeGreaterThan(30);
    // The target is there before the journal is gone.
    expect(whole).toBeGreaterThan(1);
  },
  60_000,
);
