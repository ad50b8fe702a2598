// Names of scratch siblings. A name has its process and time, so that those of dead processes can be removed.
import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { isAlive, markOfThisProcess } from "./process-mark.js";

/**
 * `new`: being built, or complete and about to be renamed into place. `old`: moved aside by a directory replacement.
 * `part`: partial work that a later process continues. `left`: partial work that its process has released.
 */
type ScratchKind = "new" | "old" | "part" | "left";

interface Scratch {
  readonly path: string;
  readonly kind: ScratchKind;
  /** Shared by the `new` and the `old` of one replacement. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Whether the process that made it is gone, or has released it. */
  readonly stale: boolean;
}

const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 6);
const ID = /(?<host>[0-9a-f]{6})-(?<pid>\d+)-(?<began>\d*)-(?<time>\d+)-(?<random>[0-9a-f]{8})/;
const NAME = new RegExp(`^\\.(?<base>.+)\\.(?<id>${ID.source})\\.(?<kind>new|old|part|left)$`);

/** A fresh id: host, process with its start time, time, randomness. */
export function scratchId(): string {
  const { pid, began, at, id } = markOfThisProcess();
  return `${HOST}-${pid}-${began ?? ""}-${at}-${id}`;
}

/** The scratch sibling of `path` for `id`, hidden and on the same file system: `.NAME.ID.new`. */
export function scratchPath(path: string, id: string, kind: ScratchKind): string {
  return join(dirname(path), `.${basename(path)}.${id}.${kind}`);
}

/** The scratch siblings in `dir` of files whose names `of` accepts, newest first. A missing folder has none. */
export async function listScratch(dir: string, of: (base: string) => boolean): Promise<Scratch[]> {
  const names = await readdir(dir).catch(() => []);
  return names
    .flatMap((name) => {
      const { base = "", id = "", host, pid, began, time, random = "", kind } = NAME.exec(name)?.groups ?? {};
      if (id === "" || !of(base)) return [];
      const createdAt = Number(time);
      const mark = { pid: Number(pid), began: began || null, at: createdAt, id: random };
      const stale = kind === "left" || (host === HOST && isAlive(mark) === false);
      return [{ path: join(dir, name), kind: kind as ScratchKind, id, createdAt, stale }];
    })
    .sort((a, b) => b.createdAt - a.createdAt);
}

/**
 * Removes the scratch siblings of dead processes of this host. Those of other hosts stay: their processes cannot be
 * seen.
 */
export async function removeStaleScratch(dir: string, of: (base: string) => boolean): Promise<void> {
  for (const scratch of await listScratch(dir, of)) {
    if (scratch.stale) await rm(scratch.path, { recursive: true, force: true });
  }
}
