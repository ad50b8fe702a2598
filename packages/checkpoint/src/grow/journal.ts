// What of a grown model is safe on the disk, and who is writing it: `.NAME.growing` and `.NAME.growing.json`.
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CambiumError } from "@cambium/ir";
import { writeFileAtomic } from "../atomic.js";
import { errnoOf } from "../file-errors.js";
import { isJsonObject, parseJson } from "../json.js";
import { listScratch, removeStaleScratch, scratchId, scratchPath } from "../scratch.js";
import type { KnownHashes } from "./hashes.js";

/** The places beside `target`, which is absolute. */
export function growingPaths(target: string): { readonly scratch: string; readonly journal: string } {
  const scratch = join(dirname(target), `.${basename(target)}.growing`);
  return { scratch, journal: `${scratch}.json` };
}

export interface Journal {
  /** Safe bytes by file name. */
  readonly files: Readonly<Record<string, number>>;
  readonly hashes: KnownHashes;
}

/**
 * What an earlier run of the growth `identity` left; nothing when there was none.
 * @throws CambiumError `E_GROWTH_UNFINISHED` when it was another growth.
 */
export async function readJournal(target: string, identity: string): Promise<Journal | undefined> {
  const { scratch, journal } = growingPaths(target);
  let text: string;
  try {
    text = await readFile(journal, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
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

/** Removes the journal, and the locks of processes that died, of a growth that is done. */
export async function clearJournal(target: string): Promise<void> {
  await removeStaleScratch(dirname(target), ofTarget(target));
  await rm(growingPaths(target).journal, { force: true });
}

/** Scratch siblings of the lock and of the journal. */
function ofTarget(target: string): (base: string) => boolean {
  const { scratch, journal } = growingPaths(target);
  return (base) => base === basename(journal) || `.${base}` === basename(scratch);
}

/**
 * Keeps every other process of this host from growing into `target` until `release`.
 * @throws CambiumError `E_GROWTH_BUSY`
 */
export async function lockTarget(target: string): Promise<{ release(): Promise<void> }> {
  const name = `${basename(target)}.growing`;
  const ours = scratchPath(join(dirname(target), name), scratchId(), "new");
  const mine = (base: string): boolean => base === name;
  await removeStaleScratch(dirname(target), ofTarget(target));
  await writeFile(ours, "");
  const release = (): Promise<void> => rm(ours, { force: true });
  const others = (await listScratch(dirname(target), mine)).filter(({ path, stale }) => path !== ours && !stale);
  if (others.length === 0) return { release };
  await release();
  throw new CambiumError("E_GROWTH_BUSY", "another process is growing a model into this place", { where: target });
}
