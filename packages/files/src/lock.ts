// A lock that keeps other processes out of something: a file that names its holder. The lock of a process that is gone
// counts for nothing, so a killed run or growth needs no cleaning up.
import { lstat, open, rm, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { CambiumError } from "@cambium/ir";
import { withFileErrors } from "./file-errors.js";
import { isAlive, markOfThisProcess, type ProcessMark, processSpace } from "./process-mark.js";
import { readTextFile } from "./text-file.js";

/** The holder touches its lock so often, milliseconds. */
const beatEvery = 10_000;
/** A lock of another machine (or container) that was not touched for so long is abandoned. */
const silentFor = 60_000;
/** A holder writes its name within this time of making the file. */
const namedWithin = 2_000;
/** Names and a few numbers. */
const mostBytes = 10_000;

interface Holder extends ProcessMark {
  readonly host: string;
  /** See {@link processSpace}; absent where the system has none. */
  readonly space?: string | undefined;
}

/** The error for whoever finds the lock taken. */
export interface LockRefusal {
  readonly code: string;
  readonly message: string;
  /** What to do about a holder on this machine. */
  readonly hint: string;
}

/**
 * Takes the lock at `path`, in a folder that exists, for this process until the result is called.
 * @throws CambiumError `refusal` with the lock's path and the process that holds it; file errors.
 */
export async function takeLock(path: string, refusal: LockRefusal): Promise<() => Promise<void>> {
  const mine: Holder = { host: hostname(), space: processSpace, ...markOfThisProcess() };
  let unnamedSince: number | undefined;
  while (!(await create(path, mine))) {
    const text = await readLock(path);
    const holder = text === undefined ? undefined : parse(text);
    const touched = await touchedAt(path);
    if (text === undefined || touched === undefined) continue;
    if (holder !== undefined && (await holds(path, holder, touched))) throw locked(path, holder, refusal);
    // By this process's own clock: the file's may be ahead of it.
    unnamedSince ??= performance.now() - Math.max(0, Date.now() - touched);
    if (holder === undefined && performance.now() - unnamedSince < namedWithin) await sleep(50);
    else await removeStale(path, text);
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, beatEvery).unref();
  return async () => {
    clearInterval(beat);
    await rm(path, { force: true });
  };
}

/** Removes the lock at `path` if a process of this machine left it that is gone: one killed between its work's end and the lock's. */
export async function clearDeadLock(path: string): Promise<void> {
  const text = await readLock(path).catch(() => undefined);
  const holder = text === undefined ? undefined : parse(text);
  if (text !== undefined && holder !== undefined && isNear(holder) && isAlive(holder) === false)
    await removeStale(path, text);
}

async function create(path: string, mine: Holder): Promise<boolean> {
  return withFileErrors(path, async () => {
    let made = false;
    try {
      const file = await open(path, "wx");
      made = true;
      await file.writeFile(JSON.stringify(mine)).finally(() => file.close());
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      // The file was made, and the disk had no room for the name.
      if (made) await rm(path, { force: true });
      throw error;
    }
  });
}

/** What the lock at `path` reads; undefined when it is gone. @throws CambiumError for what is not a lock, naming it */
async function readLock(path: string): Promise<string | undefined> {
  try {
    const entry = await withFileErrors(path, () => lstat(path));
    // A dangling link cannot be read, and nobody can take the lock: asking again would never end.
    if (!entry.isFile() && !entry.isDirectory()) return await readTextFile(path, mostBytes).catch(() => noLock(path));
    return await readTextFile(path, mostBytes);
  } catch (error) {
    if (!(error instanceof CambiumError)) throw error;
    if (error.code === "E_NOT_FOUND") return undefined;
    if (error.code === "E_UTF8" || error.code === "E_TOO_LARGE") return "";
    if (error.code === "E_NOT_A_FILE") return noLock(path);
    throw error;
  }
}

function noLock(where: string): never {
  throw new CambiumError("E_NOT_A_FILE", "what stands where a lock is to be is no lock", {
    where,
    expected: "nothing, or a lock",
    hint: "remove it",
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
      await awaitTurn(turn);
      return;
    }
    try {
      if ((await readLock(path)) === text) await rm(path, { force: true });
    } finally {
      await rm(turn, { force: true });
    }
  });
}

/** Returns once the turn is over; whoever was killed in the middle of it needs no longer than two seconds. */
async function awaitTurn(turn: string): Promise<void> {
  const begun = performance.now();
  const first = await touchedAt(turn);
  if (first === undefined) return;
  const old = Date.now() - first > namedWithin;
  while (!old && performance.now() - begun < namedWithin) {
    await sleep(20);
    if ((await touchedAt(turn)) !== first) return;
  }
  if (!(await lstat(turn)).isFile()) noLock(turn);
  await rm(turn, { force: true });
}

function parse(text: string): Holder | undefined {
  try {
    const { host, space, pid, began, at, id } = JSON.parse(text) as Holder;
    return Number.isInteger(pid) && pid > 0 ? { host, space, pid, began, at, id } : undefined;
  } catch {
    return undefined;
  }
}

/** When the file was touched, milliseconds since the epoch; undefined when it is gone. */
async function touchedAt(path: string): Promise<number | undefined> {
  return lstat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

/**
 * Whether the holder is alive. Of a process of this system that is known. The processes of another host, or of another
 * container under the same name, cannot be seen; neither can it be told everywhere whether a number is used again. But a
 * holder touches its lock.
 */
async function holds(path: string, holder: Holder, touched: number): Promise<boolean> {
  if (isNear(holder)) {
    const alive = isAlive(holder);
    if (alive !== "perhaps") return alive;
  }
  const age = Date.now() - touched;
  if (age >= -silentFor) return age < silentFor;
  // Its clock is far ahead of this one: what tells is whether it touches it again.
  await sleep(1.2 * beatEvery);
  return (await touchedAt(path)) !== touched;
}

/** Whether the numbers of its processes mean what they mean here. */
function isNear({ host, space }: Pick<Holder, "host" | "space">): boolean {
  return host === hostname() && space === processSpace;
}

function locked(path: string, { pid, host, space }: Holder, { code, message, hint }: LockRefusal): CambiumError {
  const near = isNear({ host, space });
  return new CambiumError(code, message, {
    where: path,
    got: `process ${pid}${near ? "" : ` on ${host}`}`,
    hint: near ? hint : "wait for it; if it was killed there, try again in a minute",
  });
}
