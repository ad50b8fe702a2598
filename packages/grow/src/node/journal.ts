// What of a grown model is safe on the disk, and who is writing it: `.NAME.growing`, its journal `.NAME.growing.json`
// and its lock `.NAME.growing.lock`.
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  isJsonObject,
  parseJson,
  readTextFileIfThere,
  removeStaleScratch,
  takeLock,
  writeFileAtomic,
} from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { KnownHashes } from "./hashes.js";

/** The places beside `target`, which is absolute. */
export function growingPaths(target: string): {
  readonly scratch: string;
  readonly journal: string;
  readonly lock: string;
} {
  const scratch = join(dirname(target), `.${basename(target)}.growing`);
  return { scratch, journal: `${scratch}.json`, lock: `${scratch}.lock` };
}

export interface Journal {
  /** Safe bytes by file name. */
  readonly files: Readonly<Record<string, number>>;
  readonly hashes: KnownHashes;
}

/** A model of 200,000 tensors has a journal of 20 MB. */
const largestJournalBytes = 256_000_000;

/**
 * What an earlier run of the growth `identity` left; nothing when there was none.
 * @throws CambiumError `E_GROWTH_UNFINISHED` when it was another growth.
 */
export async function readJournal(target: string, identity: string): Promise<Journal | undefined> {
  const { scratch, journal } = growingPaths(target);
  const text = await readTextFileIfThere(journal, largestJournalBytes);
  if (text === undefined) return undefined;
  const root = parseJson(text, journal);
  if (!isJsonObject(root) || root.identity !== identity || !isJsonObject(root.files) || !isJsonObject(root.hashes)) {
    throw new CambiumError("E_GROWTH_UNFINISHED", "another growth into this place was begun and not ended", {
      where: target,
      expected: "the same source, operator and options",
      hint: `give the same command to continue it, or remove ${scratch} and ${journal}`,
    });
  }
  return root as unknown as Journal;
}

/** Survives a power cut; to be called only after the bytes themselves are flushed. */
export async function writeJournal(target: string, identity: string, journal: Journal): Promise<void> {
  await writeFileAtomic(growingPaths(target).journal, `${JSON.stringify({ identity, ...journal })}\n`);
}

/** Removes the journal of a growth that is done, and what a killed write of it left. */
export async function clearJournal(target: string): Promise<void> {
  const { journal } = growingPaths(target);
  await removeStaleScratch(dirname(journal), (base) => base === basename(journal));
  await rm(journal, { force: true });
}

/**
 * Keeps every other process from growing into `target` until the result is called.
 * @throws CambiumError `E_GROWTH_BUSY` with the lock's path and its holder
 */
export function lockTarget(target: string): Promise<() => Promise<void>> {
  return takeLock(growingPaths(target).lock, {
    code: "E_GROWTH_BUSY",
    message: "another process is growing a model into this place",
    hint: "wait for it, stop it, or choose another path",
  });
}
