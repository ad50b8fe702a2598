// Marks which process made a scratch file or a lock, and tells whether that process is still alive.
import { randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";

/** Distinguishes a process of this host from every other one, including a later one with the same pid. */
export interface ProcessMark {
  readonly pid: number;
  /** When the process began, in its system's own terms; null if the system does not tell. */
  readonly began: string | null;
  /** When the mark was made, milliseconds since the epoch. */
  readonly at: number;
  /** A random id of this mark. */
  readonly id: string;
}

const began = beginningOf(process.pid);
const startedAt = Date.now() - process.uptime() * 1000;

/** Keys of the marks that this thread made. */
const made = new Set<string>();
const key = ({ at, id }: Pick<ProcessMark, "at" | "id">): string => `${at}-${id}`;

export function markOfThisProcess(): ProcessMark {
  const mark = { pid: process.pid, began, at: Date.now(), id: randomBytes(4).toString("hex") };
  made.add(key(mark));
  return mark;
}

/**
 * Identifies the system in which this process's pid is valid: this boot and this container. Undefined if the system
 * does not tell.
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
 * Whether the process of this host that made `mark` still runs; `perhaps` if a process has its pid and the system does
 * not tell since when.
 */
export function isAlive(mark: ProcessMark): boolean | "perhaps" {
  const { pid, began: then, at } = mark;
  // In a container every run may have the same pid, so a mark from before this process began is another process's. A
  // later one that was not made here may be another thread's.
  if (pid === process.pid) return made.has(key(mark)) || at >= startedAt;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = beginningOf(pid);
  return then === null || now === null ? "perhaps" : now === then;
}

/** The start time of a process, if /proc has it: field 22 of stat. Fields are counted after the name in parentheses. */
function beginningOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
