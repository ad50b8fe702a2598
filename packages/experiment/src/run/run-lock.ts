// The lock that keeps a second process out of a run's directory: a file that names who holds it. A lock whose holder is
// gone counts for nothing, so that a killed run needs no cleaning up.
import { randomUUID } from "node:crypto";
import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { withFileErrors } from "@cambium/checkpoint";
import { CambiumError } from "@cambium/ir";

/** The holder touches its lock so often, milliseconds. */
const beatEvery = 10_000;
/** A lock of another machine (or container) that was not touched for so long is abandoned. */
const silentFor = 60_000;
/** A holder writes its name within this time of making the file. */
const namedWithin = 2_000;

interface Holder {
  readonly pid: number;
  /** When the process began, in its system's own terms: a pid is used again, a pair of both is not. */
  readonly began: string | null;
  readonly host: string;
  /** Of this very lock. */
  readonly id: string;
}

/** Locks that this process holds, by id. */
const held = new Set<string>();

/**
 * Takes the lock at `path`, of the run in `directory`, for this process until the result is called.
 * @throws CambiumError `E_RUN_LOCKED` naming the process that has it.
 */
export async function takeLock(path: string, directory: string): Promise<() => Promise<void>> {
  const mine: Holder = { pid: process.pid, began: await beginning(process.pid), host: hostname(), id: randomUUID() };
  while (!(await create(path, mine))) {
    const text = await readFile(path, "utf8").catch(() => "");
    const holder = parse(text);
    const age = await ageOf(path);
    if (holder !== undefined && (await isAlive(holder, age))) throw locked(directory, holder);
    if (holder === undefined && age < namedWithin) await sleep(50);
    else await removeStale(path, text);
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, beatEvery).unref();
  return async () => {
    clearInterval(beat);
    held.delete(mine.id);
    await rm(path, { force: true });
  };
}

async function create(path: string, mine: Holder): Promise<boolean> {
  return withFileErrors(path, async () => {
    try {
      const file = await open(path, "wx");
      held.add(mine.id);
      await file.writeFile(JSON.stringify(mine)).finally(() => file.close());
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      // It was made, and the disk had no room for the name.
      if (held.delete(mine.id)) await rm(path, { force: true });
      throw error;
    }
  });
}

/**
 * Removes the lock if it still reads `text`: another process may have taken it over in the meantime. One process at a
 * time looks and removes, or it would remove what another made between the two.
 */
async function removeStale(path: string, text: string): Promise<void> {
  const turn = `${path}.turn`;
  await withFileErrors(turn, async () => {
    try {
      await (await open(turn, "wx")).close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      // Whoever was killed in the middle of it needs no longer than this.
      const age = await ageOf(turn);
      if (age > namedWithin && age < Number.POSITIVE_INFINITY) await rm(turn, { force: true });
      else await sleep(20);
      return;
    }
    try {
      if ((await readFile(path, "utf8").catch(() => undefined)) === text) await rm(path, { force: true });
    } finally {
      await rm(turn, { force: true });
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

/** Milliseconds since the file was touched; infinite when it is gone. */
async function ageOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
}

async function isAlive({ pid, began, host, id }: Holder, age: number): Promise<boolean> {
  if (host !== hostname()) return age < silentFor;
  // In a container every process may have the same pid.
  if (pid === process.pid) return held.has(id);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = await beginning(pid);
  return began === null || now === null || now === began;
}

/** The start time of a process where /proc tells it: field 22 of stat, counted from behind the name in brackets. */
async function beginning(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}

function locked(directory: string, { pid, host }: Holder): CambiumError {
  const near = host === hostname();
  return new CambiumError("E_RUN_LOCKED", "another process is running this recipe", {
    where: directory,
    got: `process ${pid}${near ? "" : ` on ${host}`}`,
    hint: near
      ? "wait for it, stop it, or give the run another --out"
      : "wait for it; if it was killed there, try again in a minute",
  });
}
