// How many files this process may have open at once. Node opens those of a program it loads side by side, and calls a
// module missing that it could not open.
import { readFileSync } from "node:fs";

/** What the command loads and a run has open, with room to spare; systems allow 256 or more. */
export const leastOpenFiles = 200;

/** Undefined where the system does not say. @param limits as Linux has them in /proc/self/limits */
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
