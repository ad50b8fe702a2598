// Detects that a file was changed or replaced, without reading it.
import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { withFileErrors } from "./file-errors.js";

/**
 * The place of a file and the time of its last change. A name and a modification time can be given to other content
 * (`cp -p`, `rsync -t`, `mv`). The inode's change time cannot be set, and every write updates it.
 */
export interface FileState {
  /** Device and inode. */
  readonly place: string;
  readonly bytes: number;
  /** Times of modification and of inode change, nanoseconds since the epoch. */
  readonly written: string;
  readonly changed: string;
}

/** The resolution of file systems' clocks, milliseconds: two changes within it look like one. */
const clockGrain = 20;

/** The state in a file's `stat` with `bigint`. */
export function stateOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileState {
  return { place: `${dev}:${ino}`, bytes: Number(size), written: `${mtimeNs}`, changed: `${ctimeNs}` };
}

function fileState(path: string): Promise<FileState> {
  return withFileErrors(path, async () => stateOf(await stat(path, { bigint: true })));
}

/**
 * The state of a file. If the file was changed within the clock's resolution, waits for that long and reads the
 * state again, so that any later change is detected. Follows links.
 * @throws CambiumError `E_NOT_FOUND`, `E_PERMISSION`, …
 */
export async function settledState(path: string): Promise<FileState> {
  const state = await fileState(path);
  const age = Date.now() - Number(state.changed) / 1e6;
  if (age < 0 || age > clockGrain) return state;
  await sleep(clockGrain);
  return fileState(path);
}

export function sameState(a: FileState, b: FileState): boolean {
  return a.place === b.place && a.bytes === b.bytes && a.written === b.written && a.changed === b.changed;
}
