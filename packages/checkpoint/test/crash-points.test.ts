// A crash at every single file operation: the process "dies" at the n-th change it makes to the disk, so that not even
// its own clean-up runs. Either the old state or the new one must be left.
import { spawnSync } from "node:child_process";
import type { FileHandle } from "node:fs/promises";
import * as disk from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { tempDir } from "../../files/test/support/temp.js";

const crash = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof disk>();
  /** Dies instead of making the change once the allowance is used up; from then on no change works. */
  const mortal =
    <A extends unknown[], R>(change: (...args: A) => R) =>
    (...args: A): R => {
      if (crash.left-- <= 0) throw new Error("the process is dead");
      return change(...args);
    };
  const open = async (...args: Parameters<typeof real.open>): Promise<FileHandle> => {
    const handle = await mortal(real.open)(...args);
    for (const name of ["write", "writeFile", "sync"] as const) {
      const change = handle[name].bind(handle) as (...args: unknown[]) => unknown;
      Object.defineProperty(handle, name, { value: async (...args: unknown[]) => mortal(change)(...args) });
    }
    return handle;
  };
  const { rename, rm, mkdir, writeFile, copyFile } = real;
  const changes = { rename, rm, mkdir, writeFile, copyFile };
  for (const [name, change] of Object.entries(changes)) {
    const dying = mortal(change as (...args: unknown[]) => unknown);
    Object.assign(changes, { [name]: async (...args: unknown[]) => dying(...args) });
  }
  return { ...real, ...changes, open };
});

const { writeFileAtomic } = await import("@cambium/files");
const { hostSources, loadSnapshot, openModelDirectory, saveSnapshot, writeModelDirectory } = await import(
  "@cambium/checkpoint"
);
const { hostTensor } = await import("@cambium/ir");

const deadPid = spawnSync(process.execPath, ["-e", ""]).pid;

/** Lets `work` die after `changes` changes. @returns whether it survived. */
async function dyingAfter(changes: number, work: () => Promise<unknown>): Promise<boolean> {
  crash.left = changes;
  try {
    await work();
    return true;
  } catch (error) {
    expect(String(error)).toContain("the process is dead");
    return false;
  } finally {
    crash.left = Number.POSITIVE_INFINITY;
  }
}

/** Makes the leftovers those of a dead process, as after a real crash. */
async function bury(dir: string): Promise<void> {
  for (const name of await disk.readdir(dir)) {
    const buried = name.replace(`-${process.pid}-`, `-${deadPid}-`);
    if (buried !== name) await disk.rename(join(dir, name), join(dir, buried));
  }
}

/** Runs `write` with a crash at every point, each in a new folder made by `prepare`; `check` checks what is left. */
async function atEveryPoint(
  prepare: (dir: string) => Promise<unknown>,
  write: (dir: string) => Promise<unknown>,
  check: (dir: string, lived: boolean) => Promise<void>,
): Promise<number> {
  for (let changes = 0; ; changes++) {
    const dir = await tempDir();
    await prepare(dir);
    const lived = await dyingAfter(changes, () => write(dir));
    await bury(dir);
    await check(dir, lived);
    // The next write succeeds, and removes the leftovers.
    await write(dir);
    expect((await disk.readdir(dir)).filter((name) => name.startsWith("."))).toEqual([]);
    if (lived) return changes;
  }
}

it("writeFileAtomic leaves the old file or the new", async () => {
  const seen = new Set<string>();
  const points = await atEveryPoint(
    (dir) => disk.writeFile(join(dir, "file"), "old"),
    (dir) => writeFileAtomic(join(dir, "file"), "new"),
    async (dir, lived) => {
      const text = await disk.readFile(join(dir, "file"), "utf8");
      expect(lived ? ["new"] : ["old", "new"]).toContain(text);
      seen.add(text);
    },
  );
  expect(seen).toEqual(new Set(["old", "new"]));
  // open, write, open, sync, rename, open, sync
  expect(points).toBeGreaterThanOrEqual(7);
});

const model = (n: number) => ({
  configJson: { n },
  tensors: hostSources({ a: hostTensor("f32", [1], [n]), b: hostTensor("f32", [1], [n]) }),
  maxShardBytes: 4,
  replace: true,
});

it("writeModelDirectory over a model leaves one that opens, the old or the new", async () => {
  const seen = new Set<unknown>();
  await atEveryPoint(
    (dir) => writeModelDirectory(join(dir, "model"), model(1)),
    (dir) => writeModelDirectory(join(dir, "model"), model(2)),
    async (dir, lived) => {
      await using opened = await openModelDirectory(join(dir, "model"));
      const { n } = opened.configJson;
      expect(lived ? [2] : [1, 2]).toContain(n);
      for (const name of ["a", "b"]) expect([...(await opened.read(name)).data]).toEqual([n]);
      seen.add(n);
    },
  );
  expect(seen).toEqual(new Set([1, 2]));
});

it("writeModelDirectory to a new path leaves nothing or a complete model", async () => {
  await atEveryPoint(
    async () => undefined,
    (dir) => writeModelDirectory(join(dir, "model"), model(1)),
    async (dir, lived) => {
      const there = (await disk.readdir(dir)).includes("model");
      if (lived) expect(there).toBe(true);
      if (there) await (await openModelDirectory(join(dir, "model"))).close();
    },
  );
});

it("saveSnapshot leaves a snapshot that loads, and never loses one that was sealed", async () => {
  const seen = new Set<unknown>();
  const save = (dir: string, n: number) =>
    saveSnapshot(dir, { tensors: hostSources({ w: hostTensor("f32", [1], [n]) }), state: n });
  await atEveryPoint(
    async (dir) => {
      for (const n of [1, 2]) await save(dir, n);
    },
    (dir) => save(dir, 3),
    async (dir, lived) => {
      const snapshot = await loadSnapshot(dir);
      await using tensors = snapshot?.tensors;
      expect(lived ? [3] : [2, 3]).toContain(snapshot?.state);
      expect([...((await tensors?.read("w"))?.data ?? [])]).toEqual([snapshot?.state]);
      expect(snapshot?.rejected).toEqual([]);
      seen.add(snapshot?.state);
    },
  );
  expect(seen).toEqual(new Set([2, 3]));
});
