// A disk whose power fails at the n-th change: that change and all later ones do not happen, and of the bytes written
// before, only flushed ones are kept. Replaces node:fs/promises:
//
//   vi.mock("node:fs/promises", async (original) => (await import("…/power.js")).failing(original));
//   const { cutAfter, drop } = await import("…/power.js");
import { existsSync, statSync, truncateSync } from "node:fs";
import type * as disk from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

const power = {
  /** Changes left until the cut. */
  left: Number.POSITIVE_INFINITY,
  /** Flushed bytes of each file that was opened for writing. */
  flushed: new Map<string, number>(),
};

/** Runs `work` until the power fails after `changes` changes. @returns whether it finished. */
export async function cutAfter(changes: number, work: () => Promise<unknown>): Promise<boolean> {
  power.flushed.clear();
  power.left = changes;
  try {
    await work();
    return true;
  } catch (error) {
    if (!String(error).includes("the power is gone")) throw error;
    return false;
  } finally {
    power.left = Number.POSITIVE_INFINITY;
    drop();
  }
}

/** Drops everything that was not flushed. */
function drop(): void {
  for (const [path, bytes] of power.flushed) {
    if (existsSync(path) && statSync(path).isFile() && statSync(path).size > bytes) truncateSync(path, bytes);
  }
  power.flushed.clear();
}

/** node:fs/promises with failing power. @param original as given by vi.mock. */
export async function failing(original: () => Promise<unknown>): Promise<object> {
  const real = (await original()) as typeof disk;
  const spend = (): void => {
    if (power.left-- <= 0) throw new Error("the power is gone");
  };
  const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
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
}
