// What is at a growth's target and beside it: this growth, done or begun; another one; something else.
import { lstat, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { isJsonObject, type JsonObject, parseJson, readTextFileIfThere } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { growingPaths, type Journal, type JournalHead, readJournal } from "./journal.js";
import { RECORD_FILE } from "./record.js";

/** Files of weights and their index, as a growth names them. */
const WEIGHTS = /^model(?:-\d{5}-of-\d{5})?\.safetensors(?:\.index\.json)?$/;

export interface Standing {
  /** The target is this very growth, by its record. */
  readonly done: boolean;
  /** What to continue; undefined if nothing was begun, nothing of it can be used, or all is done. */
  readonly journal: Journal | undefined;
  /** Why what was begun cannot be used, if anything was. */
  readonly anew?: string;
}

export interface Wanted {
  readonly head: JournalHead;
  /** Every file of the grown model. */
  readonly names: ReadonlySet<string>;
  /** Shards that are copied whole: their bytes can be compared with any source. */
  readonly copied: ReadonlySet<string>;
}

/**
 * @throws CambiumError `E_EXISTS` for anything in `target` but this growth; `E_GROWTH_UNFINISHED` for another growth
 *   that was begun; `E_GROWTH_LEFTOVER` for files that no growth wrote
 */
export async function standingAt(target: string, wanted: Wanted): Promise<Standing> {
  if (await isDone(target, wanted.head.growth)) return { done: true, journal: undefined };
  const { scratch, journal: path } = growingPaths(target);
  const journal = await readJournal(target);
  const strange = await strangers(scratch, wanted.names);
  if (typeof journal !== "object") {
    if (strange.length > 0) throw leftover(scratch, strange, journal === undefined ? undefined : path);
    return { done: false, journal: undefined, ...(journal && { anew: "its journal is damaged" }) };
  }
  const { head } = journal;
  const same = head.growth === wanted.head.growth;
  if (!same && (head.request !== wanted.head.request || head.source !== wanted.head.source)) {
    throw new CambiumError("E_GROWTH_UNFINISHED", "another growth into this place was begun and not ended", {
      where: target,
      expected: "the same source, operator and options",
      hint: `give the same command to continue it, or remove ${scratch} and ${path}`,
    });
  }
  if (strange.includes(scratch)) throw leftover(scratch, strange, path);
  // The old source may have had other shards. Anything else might be the user's, and would be removed.
  const foreign = same ? [] : strange.filter((one) => !WEIGHTS.test(basename(one)));
  if (foreign.length > 0) throw leftover(scratch, foreign, path);
  if (!same) return { done: false, journal: undefined, anew: "the source was changed since" };
  if (strange.length > 0) throw leftover(scratch, strange, undefined);
  if (head.state === wanted.head.state) return { done: false, journal };
  const marks = new Map([...journal.marks].filter(([file]) => wanted.copied.has(file)));
  return { done: false, journal: { head: wanted.head, marks, hashes: { copied: {}, computed: {} }, unproved: true } };
}

/** As {@link standingAt}, for a growth that could not be prepared. */
export async function otherAt(target: string): Promise<Standing> {
  return { done: await isDone(target, undefined), journal: undefined };
}

/** The record of the growth in `target`; undefined when there is none. */
export async function readRecord(target: string): Promise<JsonObject | undefined> {
  const path = join(target, RECORD_FILE);
  try {
    const root = parseJson((await readTextFileIfThere(path, 512e6)) ?? "", path);
    return isJsonObject(root) ? root : undefined;
  } catch (error) {
    if (error instanceof CambiumError) return undefined;
    throw error;
  }
}

/** @throws CambiumError `E_EXISTS` for anything but this growth, nothing or an empty folder. */
async function isDone(target: string, growth: string | undefined): Promise<boolean> {
  const there = await lstat(target).catch(() => undefined);
  if (!there) return false;
  const names = there.isDirectory() ? await readdir(target) : [there.isSymbolicLink() ? "a link" : "a file"];
  if (names.length === 0) return false;
  const identity = (await readRecord(target))?.identity;
  if (growth !== undefined && identity === growth) return true;
  const other = typeof identity === "string";
  throw new CambiumError("E_EXISTS", other ? "another growth is there already" : "something is there already", {
    where: target,
    expected: "nothing, or an empty folder",
    got: names.slice(0, 5).join(", "),
    hint: other ? "its source, operator or options differ; choose another path, or remove it" : "choose another path",
  });
}

/**
 * Everything in the folder `scratch` that is not one of the regular files `names`; `scratch` itself if it is not a
 * folder. Call it before anything is written through a name, because a link would lead elsewhere.
 */
export async function strangers(scratch: string, names: ReadonlySet<string>): Promise<string[]> {
  const there = await lstat(scratch).catch(() => undefined);
  if (!there) return [];
  if (!there.isDirectory()) return [scratch];
  const folders = new Set(
    [...names].flatMap((name) => name.split("/").map((_, i, parts) => parts.slice(0, i).join("/"))),
  );
  const found: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(scratch, folder), { withFileTypes: true })) {
      const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && folders.has(name)) await visit(name);
      else if (!entry.isFile() || !names.has(name)) found.push(join(scratch, name));
    }
  };
  await visit("");
  return found;
}

export function leftover(scratch: string, strange: readonly string[], journal: string | undefined): CambiumError {
  const itself = strange.includes(scratch);
  return new CambiumError("E_GROWTH_LEFTOVER", "what no growth has left is where this one is built", {
    where: scratch,
    expected: itself ? "nothing, or the folder of a growth" : "the files of this growth alone",
    got: itself ? "a file or a link" : strange.slice(0, 5).join(", "),
    hint: `move ${itself ? "it" : "these"} away${journal === undefined ? "" : `, and ${journal}`}, or choose another target`,
  });
}
