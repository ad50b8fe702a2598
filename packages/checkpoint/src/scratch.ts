// Names of scratch siblings: who made them and when, so that those of dead processes can be told and removed.
import { createHash, randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";

/** `new`: being built, or whole and about to be renamed into place. `old`: moved aside by a directory replacement. */
type ScratchKind = "new" | "old";

interface Scratch {
  readonly path: string;
  readonly kind: ScratchKind;
  /** Shared by the `new` and the `old` of one replacement. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** The process that made it is gone. */
  readonly stale: boolean;
}

const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 6);
const NAME = /^\.(?<base>.+)\.(?<id>(?<host>[0-9a-f]{6})-(?<pid>\d+)-(?<time>\d+)-[0-9a-f]{8})\.(?<kind>new|old)$/;

/** A fresh id: host, process, time, randomness. */
export function scratchId(): string {
  return `${HOST}-${process.pid}-${Date.now()}-${randomBytes(4).toString("hex")}`;
}

/** The scratch sibling of `path` for `id`, hidden and on the same file system: `.NAME.ID.new`. */
export function scratchPath(path: string, id: string, kind: ScratchKind): string {
  return join(dirname(path), `.${basename(path)}.${id}.${kind}`);
}

/** Every scratch sibling in `dir` of what has a name that `of` accepts, newest first. An absent folder has none. */
export async function listScratch(dir: string, of: (base: string) => boolean): Promise<Scratch[]> {
  const names = await readdir(dir).catch(() => []);
  return names
    .flatMap((name) => {
      const { base = "", id = "", host, pid, time, kind } = NAME.exec(name)?.groups ?? {};
      if (id === "" || !of(base)) return [];
      const createdAt = Number(time);
      const stale = host === HOST && !alive(Number(pid), createdAt);
      return [{ path: join(dir, name), kind: kind as ScratchKind, id, createdAt, stale }];
    })
    .sort((a, b) => b.createdAt - a.createdAt);
}

/** Removes what dead processes of this host left. Another host's is left: its processes cannot be seen. */
export async function removeStaleScratch(dir: string, of: (base: string) => boolean): Promise<void> {
  for (const scratch of await listScratch(dir, of)) {
    if (scratch.stale) await rm(scratch.path, { recursive: true, force: true });
  }
}

/** Whether process `pid`, which made something at `createdAt`, may still run. */
function alive(pid: number, createdAt: number): boolean {
  // In a container every run may have the same pid: an own pid from before this process began is another's.
  if (pid === process.pid) return createdAt >= Date.now() - process.uptime() * 1000 - 1000;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
