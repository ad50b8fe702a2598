// Which process made a scratch file or a lock, and whether that process is still alive.
import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";

/** Tells one process of this host from every other, also from a later one with the same pid. */
export interface ProcessMark {
  readonly pid: number;
  /** When the process began, in its system's own terms; null where the system does not say. */
  readonly began: string | null;
  /** When the mark was made, milliseconds since the epoch. */
  readonly at: number;
  /** Random, of this one mark. */
  readonly id: string;
}

const began = beginningOf(process.pid);
const startedAt = Date.now() - process.uptime() * 1000;

/** The marks that this process made. */
const made = new Set<string>();
const key = ({ at, id }: Pick<ProcessMark, "at" | "id">): string => `${at}-${id}`;

export function markOfThisProcess(): ProcessMark {
  const mark = { pid: process.pid, began, at: Date.now(), id: randomBytes(4).toString("hex") };
  made.add(key(mark));
  return mark;
}

/**
 * Names the system in which this process's number counts: this boot of it, and this container. Undefined where the
 * system does not say.
 */
export const processSpace = spaceOf();

function spaceOf(): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}

/**
 * Whether the process of this host that made `mark` still runs; `perhaps` where a process has its number, and the system
 * does not say since when.
 */
export function isAlive(mark: ProcessMark): boolean | "perhaps" {
  const { pid, began: then, at } = mark;
  // In a container every run may have the same pid: a mark from before this process began is another's. One that was
  // made since, and not here, may be of another thread.
  if (pid === process.pid) return made.has(key(mark)) || at >= startedAt;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = beginningOf(pid);
  return then === null || now === null ? "perhaps" : now === then;
}

/** The start time of a process where /proc has it: field 22 of stat, counted from behind the name in brackets. */
function beginningOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
