// A lock that keeps other processes out of something: a file that names its holder. The lock of a process that is gone
// counts for nothing, so a killed run or growth needs no cleaning up.
import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { CambiumError } from "@cambium/ir";
import { withFileErrors } from "./file-errors.js";
import { isAlive, markOfThisProcess, type ProcessMark } from "./process-mark.js";

/** The holder touches its lock so often, milliseconds. */
const beatEvery = 10_000;
/** A lock of another machine (or container) that was not touched for so long is abandoned. */
const silentFor = 60_000;
/** A holder writes its name within this time of making the file. */
const namedWithin = 2_000;

interface Holder extends ProcessMark {
  readonly host: string;
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
  const mine: Holder = { host: hostname(), ...markOfThisProcess() };
  while (!(await create(path, mine))) {
    const text = await readFile(path, "utf8").catch(() => "");
    const holder = parse(text);
    const age = await ageOf(path);
    if (holder !== undefined && holds(holder, age)) throw locked(path, holder, refusal);
    if (holder === undefined && age < namedWithin) await sleep(50);
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
    const { host, pid, began, at, id } = JSON.parse(text) as Holder;
    return Number.isInteger(pid) && pid > 0 ? { host, pid, began, at, id } : undefined;
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

/** Whether the holder is alive. The processes of another host cannot be seen, but its locks are touched. */
function holds(holder: Holder, age: number): boolean {
  return holder.host === hostname() ? isAlive(holder) : age < silentFor;
}

function locked(path: string, { pid, host }: Holder, { code, message, hint }: LockRefusal): CambiumError {
  const near = host === hostname();
  return new CambiumError(code, message, {
    where: path,
    got: `process ${pid}${near ? "" : ` on ${host}`}`,
    hint: near ? hint : "wait for it; if it was killed there, try again in a minute",
  });
}
