// The lock that keeps a second process out of a run's directory: a file that names who holds it. A lock whose process is
// gone counts for nothing, so that a killed run needs no cleaning up.
import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { withFileErrors } from "@cambium/checkpoint";
import { CambiumError } from "@cambium/ir";

interface Holder {
  readonly pid: number;
  /** When the process began, in its system's own terms; pids are used again, pairs of both are not. */
  readonly began: string | null;
  readonly host: string;
  /** Of this very lock. */
  readonly id: string;
}

/** Locks that this process holds, by id. */
const held = new Set<string>();

/**
 * Takes the lock at `path` for this process until the result is called.
 * @throws CambiumError `E_RUN_LOCKED` naming the process that has it.
 */
export async function takeLock(path: string, run: string): Promise<() => Promise<void>> {
  const id = randomUUID();
  const mine: Holder = { pid: process.pid, began: await beginning(process.pid), host: hostname(), id };
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await create(path, JSON.stringify(mine))) {
      held.add(id);
      return async () => {
        held.delete(id);
        await rm(path, { force: true });
      };
    }
    const text = await readFile(path, "utf8").catch(() => "");
    const holder = parse(text);
    if (holder !== undefined && (await isAlive(holder))) throw locked(run, holder);
    await removeStale(path, text, id);
  }
  throw new CambiumError("E_RUN_LOCKED", "other processes keep taking this run", { where: run });
}

/** Writes the file whole and only if there is none. */
async function create(path: string, text: string): Promise<boolean> {
  const scratch = `${path}.${randomUUID()}`;
  return withFileErrors(path, async () => {
    const file = await open(scratch, "wx");
    try {
      await file.writeFile(text);
      await file.close();
      await link(scratch, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    } finally {
      await rm(scratch, { force: true });
    }
  });
}

/** Removes the lock if it still reads `text`: another process may have taken it over in the meantime. */
async function removeStale(path: string, text: string, id: string): Promise<void> {
  const aside = `${path}.${id}.stale`;
  await withFileErrors(path, async () => {
    try {
      await rename(path, aside);
      if ((await readFile(aside, "utf8")) !== text) await link(aside, path);
    } catch (error) {
      if (!["ENOENT", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    } finally {
      await rm(aside, { force: true });
    }
  });
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, began, host, id } = JSON.parse(text) as Holder;
    return Number.isInteger(pid) && pid > 0 ? { pid, began, host, id } : undefined;
  } catch {
    return undefined;
  }
}

async function isAlive({ pid, began, host, id }: Holder): Promise<boolean> {
  // Processes of another machine cannot be seen.
  if (host !== hostname()) return true;
  // In a container every run may have the same pid.
  if (pid === process.pid) return held.has(id);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return began === null || (await beginning(pid)) === began;
}

/** The start time of a process where /proc tells it: field 22 of stat, behind the name in brackets. */
async function beginning(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}

function locked(run: string, { pid, host }: Holder): CambiumError {
  const elsewhere = host === hostname() ? "" : ` on ${host}`;
  return new CambiumError("E_RUN_LOCKED", "another process is running this recipe", {
    where: run,
    got: `process ${pid}${elsewhere}`,
    hint:
      elsewhere === ""
        ? "wait for it, stop it, or give the run another --out"
        : `wait for it, or delete run.lock there if that machine no longer runs it`,
  });
}
