// The limit on open files. Node opens a program's modules at the same time and reports a module as missing if the limit
// kept it from opening it.
import { readFileSync } from "node:fs";

/** Enough for the command's modules and a run's files, with room to spare; systems allow 256 or more by default. */
export const leastOpenFiles = 200;

/** The soft limit; undefined if the system does not give one. @param limits the text of Linux's /proc/self/limits */
export function openFiles(limits = textOf("/proc/self/limits")): number | undefined {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
  return soft === undefined ? undefined : Number(soft);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
