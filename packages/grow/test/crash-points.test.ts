// A power cut at every single change that a growth makes to the disk: the change and all after it do not happen, and of
// the bytes written before only those are kept that were flushed. What is left continues to the bytes of a growth that
// nobody disturbed.
import { cpSync, existsSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import type * as disk from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { tempDir } from "../../files/test/support/temp.js";
import { llamaJson, llamaShards, stacked, writeModel } from "./support/grow-models.js";
import { files } from "./support/grow-process.js";

const power = vi.hoisted(() => ({
  /** Changes until the cut. */
  left: Number.POSITIVE_INFINITY,
  /** Bytes of each file that are on the disk for certain; nothing is known of those that were never opened to write. */
  flushed: new Map<string, number>(),
}));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof disk>();
  const { statSync: sizeOf } = await vi.importActual<typeof import("node:fs")>("node:fs");
  const spend = (): void => {
    if (power.left-- <= 0) throw new Error("the power is gone");
  };
  const size = (path: string): number => sizeOf(path, { throwIfNoEntry: false })?.size ?? 0;
  const open = async (...args: Parameters<typeof real.open>): Promise<FileHandle> => {
    const [path, flags = "r"] = args as [string, string | number];
    const reads = flags === "r" || (typeof flags === "number" && (flags & 3) === 0);
    if (!reads) spend();
    const handle = await real.open(...args);
    if (!reads && !power.flushed.has(path)) power.flushed.set(path, size(path));
    for (const name of ["write", "writeFile", "appendFile", "truncate", "sync", "datasync"] as const) {
      const change = handle[name].bind(handle) as (...args: unknown[]) => Promise<unknown>;
      const value = async (...given: unknown[]): Promise<unknown> => {
        spend();
        const result = await change(...given);
        if (name.endsWith("sync") && power.flushed.has(path)) power.flushed.set(path, size(path));
        return result;
      };
      Object.defineProperty(handle, name, { value });
    }
    return handle;
  };
  const { rename, rm, mkdir, writeFile, copyFile } = real;
  return {
    ...real,
    open,
    rename: async (from: string, to: string) => {
      spend();
      await rename(from, to);
      for (const [path, bytes] of [...power.flushed]) {
        if (path !== from && !path.startsWith(`${from}/`)) continue;
        power.flushed.delete(path);
        power.flushed.set(to + path.slice(from.length), bytes);
      }
    },
    rm: async (...args: Parameters<typeof rm>) => {
      spend();
      await rm(...args);
      for (const path of [...power.flushed.keys()])
        if (`${path}/`.startsWith(`${args[0]}/`)) power.flushed.delete(path);
    },
    mkdir: async (...args: Parameters<typeof mkdir>) => {
      spend();
      return mkdir(...args);
    },
    writeFile: async (...args: Parameters<typeof writeFile>) => {
      spend();
      await writeFile(...args);
      power.flushed.set(args[0] as string, 0);
    },
    copyFile: async (...args: Parameters<typeof copyFile>) => {
      spend();
      await copyFile(...args);
      power.flushed.set(args[1] as string, 0);
    },
  };
});

const { growDirectory } = await import("@cambium/grow/node");
const request = { operator: stacked, options: { factor: 2 }, flushBytes: 65_536, maxShardBytes: 120_000 };

/** Drops what was not flushed, and everything that names the process which was cut off. */
function cut(dir: string): void {
  for (const [path, bytes] of power.flushed) {
    if (existsSync(path) && statSync(path).isFile() && statSync(path).size > bytes) truncateSync(path, bytes);
  }
  power.flushed.clear();
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
      power.flushed.clear();
      power.left = changes;
      const ended = await growDirectory(join(place, "a"), target, asked).catch((error: Error) => error);
      power.left = Number.POSITIVE_INFINITY;
      cut(place);
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
      if (!(ended instanceof Error)) break;
      expect(String(ended)).toContain("the power is gone");
    }
    // Journal, folder, three shards with their flushes, what stands beside them, the record, the rename.
    expect(points).toBeGreaterThan(30);
    // The target is there before the journal is gone.
    expect(whole).toBeGreaterThan(1);
  },
  60_000,
);
