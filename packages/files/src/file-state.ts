// What tells a file from one that was changed or replaced since, without reading it.
import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { withFileErrors } from "./file-errors.js";

/**
 * Where a file lies and when it was last changed. Names and modification times can be given to other content (`cp -p`,
 * `rsync -t`, `mv`); the time of the last change of the inode cannot, and every write moves it.
 */
export interface FileState {
  /** Device and inode. */
  readonly place: string;
  readonly bytes: number;
  /** Modification and inode change, nanoseconds since the epoch. */
  readonly written: string;
  readonly changed: string;
}

/** The grain of file systems' clocks, milliseconds: two changes within it look like one. */
const clockGrain = 20;

/** @param entry of a file, asked for with `bigint` */
export function stateOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileState {
  return { place: `${dev}:${ino}`, bytes: Number(size), written: `${mtimeNs}`, changed: `${ctimeNs}` };
}

/** Links are followed. @throws CambiumError `E_NOT_FOUND`, `E_PERMISSION`, … */
export function fileState(path: string): Promise<FileState> {
  return withFileErrors(path, async () => stateOf(await stat(path, { bigint: true })));
}

/**
 * As {@link fileState}; a file that was changed an instant ago is looked at once more after that instant, so that a
 * change from now on shows.
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
