// The files beside the weights of a grown model: those of its source, and those that the growth itself writes.
import { constants } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Beside, BesideFile } from "@cambium/checkpoint";
import { CONFIG_FILE, INDEX_FILE } from "@cambium/checkpoint";
import type { Prepared } from "./prepare.js";
import { CARD_FILE, modelCard, RECORD_FILE } from "./record.js";
import type { GrowReport } from "./report.js";

/** `files` under their names beside the grown model: those with the names of its own card and record are renamed. */
export function companionsOf({ files }: Beside): BesideFile[] {
  const taken = new Set(files.map(({ name }) => name.toLowerCase()));
  const free = (name: string): string => {
    const at = name.lastIndexOf(".");
    for (let n = 1; ; n++) {
      const other = `${name.slice(0, at)}.base${n === 1 ? "" : `-${n}`}${name.slice(at)}`;
      if (!taken.has(other.toLowerCase())) return other;
    }
  };
  const own = [CARD_FILE, RECORD_FILE].map((name) => name.toLowerCase());
  return files.map((file) => (own.includes(file.name.toLowerCase()) ? { ...file, name: free(file.name) } : file));
}

/** Every file that the grown model consists of, by its path in the folder. */
export function namesOf({ shards, index }: Prepared, companions: readonly BesideFile[]): Set<string> {
  const own = [CONFIG_FILE, CARD_FILE, RECORD_FILE, ...(index === undefined ? [] : [INDEX_FILE])];
  return new Set([...own, ...shards.map(({ file }) => file), ...companions.map(({ name }) => name)]);
}

interface Written {
  readonly companions: readonly BesideFile[];
  /** The new text of those that change, by the path of the source's file. */
  readonly rewritten: ReadonlyMap<string, string>;
  readonly prepared: Prepared;
  readonly report: GrowReport;
}

/** Writes everything but the weights and what is known once they are written. */
export async function writeCompanions(
  { companions, rewritten, prepared, report }: Written,
  scratch: string,
): Promise<void> {
  await Promise.all([
    writeFile(join(scratch, CONFIG_FILE), prepared.configText),
    ...(prepared.index === undefined ? [] : [writeFile(join(scratch, INDEX_FILE), prepared.index)]),
    ...companions.map(async ({ name, from }) => {
      if (name.includes("/")) await mkdir(dirname(join(scratch, name)), { recursive: true });
      const text = rewritten.get(from);
      if (text !== undefined) await writeFile(join(scratch, name), text);
      else await copyFile(from, join(scratch, name), constants.COPYFILE_FICLONE);
    }),
    writeFile(join(scratch, CARD_FILE), modelCard(report)),
  ]);
}
