// A lock between processes: a file that names its holder. The lock of a dead process is ignored, so nothing has to be
// cleaned up after a killed run or growth.
import { lstat, open, rm, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { CambiumError } from "@cambium/ir";
import { withFileErrors } from "./file-errors.js";
import { isAlive, markOfThisProcess, type ProcessMark, processSpace } from "./process-mark.js";
import { readTextFile } from "./text-file.js";

/** Interval at which the holder touches its lock, milliseconds. */
const beatEvery = 10_000;
/** A lock of another machine or container counts as abandoned if it was not touched for this long, milliseconds. */
const silentFor = 60_000;
/** A holder writes its name within this time of creating the file, milliseconds. */
const namedWithin = 2_000;
/** The largest lock file: a name and a few numbers. */
const mostBytes = 10_000;

interface Holder extends ProcessMark {
  readonly host: string;
  /** See {@link processSpace}; absent if the system does not have one. */
  readonly space?: string | undefined;
}

/** The error if the lock is taken. */
export interface LockRefusal {
  readonly code: string;
  readonly message: string;
  /** What to do about a holder on this machine. */
  readonly hint: string;
}

/**
 * Takes the lock at `path`, in an existing folder, for this process. The returned function releases it.
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
    // Measured by this process's clock, because the file's time may be ahead of it.
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

/**
 * Removes the lock at `path` if its holder is a dead process of this machine, killed before it could release the lock.
 */
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
      // The file was created, but the disk had no room for its content.
      if (made) await rm(path, { force: true });
      throw error;
    }
  });
}

/** The text of the lock at `path`; undefined if it is gone. @throws CambiumError if something else is at the path. */
async function readLock(path: string): Promise<string | undefined> {
  try {
    const entry = await withFileErrors(path, () => lstat(path));
    // A dangling link: it cannot be read, and the lock cannot be created, so that retrying would never end.
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
  throw new CambiumError("E_NOT_A_FILE", "the path of a lock is taken by something that is not a lock", {
    where,
    expected: "nothing, or a lock file",
    hint: "remove it",
  });
}

/**
 * Removes the lock if its text is still `text`; another process may have taken it over in the meantime. Only one
 * process at a time may read and remove, or it could remove a lock that another process created in between.
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

/** Returns once the turn is over. If its process was killed, that takes at most two seconds (`namedWithin`). */
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

/** When the file was touched, milliseconds since the epoch; undefined if it is gone. */
async function touchedAt(path: string): Promise<number | undefined> {
  return lstat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

/**
 * Whether the holder is alive. For a process of this system that is usually known. Processes of another host, or of
 * another container of the same name, cannot be seen, and not every system tells whether a pid was reused. For those it
 * counts whether the lock is still touched.
 */
async function holds(path: string, holder: Holder, touched: number): Promise<boolean> {
  if (isNear(holder)) {
    const alive = isAlive(holder);
    if (alive !== "perhaps") return alive;
  }
  const age = Date.now() - touched;
  if (age >= -silentFor) return age < silentFor;
  // The file's time is far ahead of our clock, so wait to see whether it is touched again.
  await sleep(1.2 * beatEvery);
  return (await touchedAt(path)) !== touched;
}

/** Whether the holder's pid refers to a process of this system. */
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
