// The journal `.NAME.growing.json` beside the scratch folder `.NAME.growing`: what of a grown model is safe on the
// disk. Its first line identifies the growth; each later line records what has become safe. Every line is sealed by a
// SHA-256 of itself and the previous seal, so that reading stops at a line that is torn or changed.
import { createHash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { clearDeadLock, readTextFileIfThere, removeStaleScratch, takeLock, writeFileAtomic } from "@cambium/files";
import { z } from "zod";
import type { KnownHashes } from "./hashing/hashes.js";
import type { Mark } from "./hashing/written-sums.js";

/** The places beside `target`, which is absolute. */
export function growingPaths(target: string): {
  readonly scratch: string;
  readonly journal: string;
  readonly lock: string;
} {
  const scratch = join(dirname(target), `.${basename(target)}.growing`);
  return { scratch, journal: `${scratch}.json`, lock: `${scratch}.lock` };
}

const Head = z.strictObject({
  journal: z.literal("cambium growth 1"),
  /** All that decides the result's bytes. */
  growth: z.string(),
  /** The request, whatever the source. */
  request: z.string(),
  /** The source's path. */
  source: z.string(),
  /** Inode, size and times of its files. */
  state: z.string(),
});
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const crc = z.int().min(0).max(0xffff_ffff);
const Entry = z.strictObject({
  file: z.string().optional(),
  mark: z.strictObject({ end: z.int().nonnegative(), sum: crc }).optional(),
  copied: z.record(z.string(), z.strictObject({ sha256: hash, crc })).optional(),
  computed: z.record(z.string(), hash).optional(),
});
const Line = z.strictObject({ content: z.unknown(), sha256: hash });

/** Which growth a journal was written for. */
export type JournalHead = z.output<typeof Head>;

/** One line: how far a file is safe, and hashes that are known. */
export type JournalEntry = z.output<typeof Entry>;

export interface Journal {
  readonly head: JournalHead;
  /** In order, by file name. */
  readonly marks: ReadonlyMap<string, readonly Mark[]>;
  readonly hashes: KnownHashes;
  /** Whether the source's files changed by inode or time: what was copied must then be compared with their content. */
  readonly unproved?: boolean;
}

/** A model of 200,000 tensors has a journal of 50 MB. */
const largestJournalBytes = 512_000_000;

/**
 * The journal beside `target`. `damaged`: there is a file whose first line is already invalid.
 * @throws CambiumError `E_NOT_A_FILE` for a pipe, a folder …; `E_PERMISSION`
 */
export async function readJournal(target: string): Promise<Journal | "damaged" | undefined> {
  const text = await readTextFileIfThere(growingPaths(target).journal, largestJournalBytes).catch((error) => {
    if (["E_UTF8", "E_TOO_LARGE"].includes(error?.code)) return "";
    throw error;
  });
  if (text === undefined) return undefined;
  let seal = "";
  let head: JournalHead | undefined;
  const marks = new Map<string, Mark[]>();
  const hashes = {
    copied: {} as Record<string, { sha256: string; crc: number }>,
    computed: {} as Record<string, string>,
  };
  for (const line of text.split("\n")) {
    const { data } = Line.safeParse(parsed(line));
    if (!data || sealOf(seal, data.content) !== data.sha256) break;
    seal = data.sha256;
    if (!head) {
      head = Head.safeParse(data.content).data;
      if (!head) break;
      continue;
    }
    const entry = Entry.safeParse(data.content).data;
    if (!entry) break;
    if (entry.file !== undefined && entry.mark) marks.set(entry.file, [...(marks.get(entry.file) ?? []), entry.mark]);
    Object.assign(hashes.copied, entry.copied);
    Object.assign(hashes.computed, entry.computed);
  }
  return head ? { head, marks, hashes } : "damaged";
}

/** A journal being written. */
export class JournalWriter implements AsyncDisposable {
  private constructor(
    private readonly handle: FileHandle,
    private seal: string,
  ) {}

  /** Replaces whatever journal is there. It is on the disk when this resolves. */
  static async begin(target: string, { head, marks, hashes }: Journal): Promise<JournalWriter> {
    let seal = "";
    const sealed = (content: object): string => {
      seal = sealOf(seal, content);
      return lineOf(content, seal);
    };
    const lines = [sealed(head), sealed({ ...hashes })];
    for (const [file, list] of marks) for (const mark of list) lines.push(sealed({ file, mark }));
    const { journal } = growingPaths(target);
    await writeFileAtomic(journal, lines.join(""));
    return new JournalWriter(await open(journal, "a"), seal);
  }

  /** Survives a power cut; to be called only after the bytes themselves are flushed, and once at a time. */
  async note(entry: JournalEntry): Promise<void> {
    this.seal = sealOf(this.seal, entry);
    await this.handle.appendFile(lineOf(entry, this.seal));
    await this.handle.datasync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }
}

/** Removes the journal and the lock of a growth that was killed just before it was done. */
export async function clearLeftovers(target: string): Promise<void> {
  await clearJournal(target);
  await clearDeadLock(growingPaths(target).lock);
}

/** Removes the journal of a finished growth, and what a killed write of it left. */
export async function clearJournal(target: string): Promise<void> {
  const { journal } = growingPaths(target);
  await removeStaleScratch(dirname(journal), (base) => base === basename(journal));
  await rm(journal, { force: true });
}

/**
 * Keeps other processes from growing into `target` until the returned function is called.
 * @throws CambiumError `E_GROWTH_BUSY` with the lock's path and its holder
 */
export function lockTarget(target: string): Promise<() => Promise<void>> {
  return takeLock(growingPaths(target).lock, {
    code: "E_GROWTH_BUSY",
    message: "another process is growing a model into this place",
    hint: "wait for it, stop it, or choose another path",
  });
}

function sealOf(before: string, content: unknown): string {
  return createHash("sha256")
    .update(before)
    .update(JSON.stringify(content) ?? "")
    .digest("hex");
}

function lineOf(content: object, sha256: string): string {
  return `${JSON.stringify({ content, sha256 })}\n`;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
