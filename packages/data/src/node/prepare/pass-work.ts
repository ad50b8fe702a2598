// The state of a pass over a corpus, from which a killed pass continues: two token files, where documents end in them,
// and how far the corpus was read. It is kept beside the cache until the files are complete.
import { createHash } from "node:crypto";
import { access, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readTextFileIfThere, sync, type WorkFolder, workFolder, writeFileAtomic } from "@cambium/files";
import { z } from "zod";
import type { Fingerprint } from "../source/source.js";
import { type TokenFileInfo, TokenFileWriter, type Written, writtenSchema } from "../tokens/writer.js";
import type { ReadState } from "./batches.js";

const count = z.int().nonnegative();
const sideName = z.enum(["train", "heldOut"]);

const pointSchema = z.strictObject({
  place: z.strictObject({ file: count, passages: count, bytes: count }),
  split: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  document: z.string().optional(),
  side: sideName.optional(),
  train: writtenSchema,
  heldOut: writtenSchema,
  /** Hash of the files that were read up to here. */
  files: z.string(),
});
type Point = z.infer<typeof pointSchema>;

const progressSchema = z.union([
  /** The files are complete, and still have to be moved to their place. */
  z.strictObject({ whole: z.string() }),
  z.strictObject({
    rule: z.string(),
    last: pointSchema,
    /** Where the current file of the corpus begins: the point to return to if that file is repaired. */
    fileBegin: pointSchema.optional(),
  }),
]);

const sides = ["train", "heldOut"] as const;
type Sides<T> = { readonly [S in (typeof sides)[number]]: T };

export interface PassWorkOptions {
  /** Identifies the work by what is read, how it is split and by which tokenizer, without the content. */
  readonly key: string;
  /** Identifies the splitting rule, of which a preparation may try several. */
  readonly rule: string;
  readonly cacheDir: string;
  readonly fingerprint: Fingerprint;
  readonly info: Sides<TokenFileInfo>;
  /** Seconds between saves, from which a killed pass continues. */
  readonly everySeconds: number;
}

export class PassWork {
  #last: Point | undefined;
  #fileBegin: Point | undefined;
  #saved = performance.now();
  /** Something was saved, in this run or an earlier one. */
  #kept: boolean;

  private constructor(
    readonly folder: WorkFolder,
    readonly options: PassWorkOptions,
    readonly sides: Sides<TokenFileWriter>,
    /** Undefined at the beginning. */
    readonly goesOnFrom: ReadState | undefined,
  ) {
    this.#kept = goesOnFrom !== undefined;
  }

  /**
   * Continues what an earlier run left, or begins.
   * @param places where the files go
   * @returns undefined if the files were complete already and only had to be moved to their place
   */
  static async open(options: PassWorkOptions, places: Sides<string>): Promise<PassWork | undefined> {
    const folder = await workFolder(join(options.cacheDir, options.key));
    const text = await readTextFileIfThere(join(folder.path, "progress.json")).catch(() => undefined);
    const progress = text === undefined ? undefined : parsed(text);
    if (progress && "whole" in progress && progress.whole === options.info.train.content) {
      if (await putInPlace(folder, places).catch(() => false)) return undefined;
    }
    const points =
      progress && "last" in progress && progress.rule === options.rule ? [progress.last, progress.fileBegin] : [];
    for (const point of points) {
      if (!point || point.files !== filesUpTo(options.fingerprint, point.place)) continue;
      const writers = await opened(folder, options, point).catch(() => undefined);
      if (writers) return new PassWork(folder, options, writers, point);
    }
    return new PassWork(folder, options, await opened(folder, options), undefined);
  }

  /** Notes that everything read up to `state` has been appended to the files. Saves now and then. */
  async wrote(state: ReadState): Promise<void> {
    const files = filesUpTo(this.options.fingerprint, state.place);
    const { train, heldOut } = this.sides;
    this.#last = { ...state, files, train: train.written, heldOut: heldOut.written };
    if (state.place.passages === 0) this.#fileBegin = this.#last;
    if (performance.now() - this.#saved >= 1000 * this.options.everySeconds) await this.#save();
  }

  /** Saves what was written, if there is enough of it, when the work is stopped. */
  async save(): Promise<void> {
    const worth = this.#kept || performance.now() - this.#saved >= 1000;
    if (worth && this.#last) await this.#save();
  }

  async #save(): Promise<void> {
    if (!this.#last) return;
    // The files first: they may be longer than the point says, and never shorter.
    for (const side of sides) await this.sides[side].checkpoint();
    const progress = {
      rule: this.options.rule,
      last: this.#last,
      ...(this.#fileBegin && { fileBegin: this.#fileBegin }),
    };
    await writeFileAtomic(join(this.folder.path, "progress.json"), JSON.stringify(progress));
    this.#saved = performance.now();
    this.#kept = true;
  }

  /** Moves the finished files to their places. */
  async publish(places: Sides<string>): Promise<void> {
    await this.#close();
    for (const side of sides) await sync(join(this.folder.path, side));
    await writeFileAtomic(
      join(this.folder.path, "progress.json"),
      JSON.stringify({ whole: this.options.info.train.content }),
    );
    await putInPlace(this.folder, places);
  }

  /** Keeps what was saved for the next run; removes everything if nothing was saved. */
  async leave(): Promise<void> {
    await this.#close();
    if (this.#kept) await this.folder.leave();
    else await this.folder.remove();
  }

  async discard(): Promise<void> {
    await this.#close();
    await this.folder.remove();
  }

  async #close(): Promise<void> {
    for (const side of sides) await this.sides[side][Symbol.asyncDispose]();
  }
}

/**
 * Moves whichever finished files are there; after a kill between the two, the next run moves the second.
 * @returns whether both are in their place afterwards
 */
async function putInPlace(folder: WorkFolder, places: Sides<string>): Promise<boolean> {
  for (const side of sides) {
    try {
      await rename(join(folder.path, side), places[side]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  await sync(dirname(places.train));
  for (const side of sides) await access(places[side]);
  await folder.remove();
  return true;
}

async function opened(
  folder: WorkFolder,
  { info }: PassWorkOptions,
  at?: Sides<Written>,
): Promise<Sides<TokenFileWriter>> {
  const train = await TokenFileWriter.kept(join(folder.path, "train"), info.train, at?.train);
  try {
    return { train, heldOut: await TokenFileWriter.kept(join(folder.path, "heldOut"), info.heldOut, at?.heldOut) };
  } catch (error) {
    await train[Symbol.asyncDispose]();
    throw error;
  }
}

function parsed(text: string): z.infer<typeof progressSchema> | undefined {
  try {
    return progressSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Identifies the files before `place`, and the one it is in. */
function filesUpTo({ all, files }: Fingerprint, { file, passages }: ReadState["place"]): string {
  const read = files.length === 0 ? [all] : files.slice(0, passages === 0 ? file : file + 1);
  return createHash("sha256").update(read.join("\n")).digest("hex");
}
