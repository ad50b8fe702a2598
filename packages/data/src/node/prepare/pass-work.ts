// What a pass over a corpus has written, so that a pass that was killed goes on: two token files, where documents end in
// them, and how far the corpus was read. Lies beside the cache until it is whole.
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
  /** Of the files that were read up to here. */
  files: z.string(),
});
type Point = z.infer<typeof pointSchema>;

const progressSchema = z.union([
  /** The files are whole, and wait to be put in their place. */
  z.strictObject({ whole: z.string() }),
  z.strictObject({
    rule: z.string(),
    last: pointSchema,
    /** Where a file of the corpus begins: what is left should the one at hand be mended. */
    fileBegin: pointSchema.optional(),
  }),
]);

const sides = ["train", "heldOut"] as const;
type Sides<T> = { readonly [S in (typeof sides)[number]]: T };

export interface PassWorkOptions {
  /** Names the work: what is read, how it is split and by which tokenizer, without the content. */
  readonly key: string;
  /** Tells the rule of splitting, of which one work may try several. */
  readonly rule: string;
  readonly cacheDir: string;
  readonly fingerprint: Fingerprint;
  readonly info: Sides<TokenFileInfo>;
  /** Seconds between two points from which a killed pass goes on. */
  readonly everySeconds: number;
}

export class PassWork {
  #last: Point | undefined;
  #fileBegin: Point | undefined;
  #saved = performance.now();
  /** Something was saved, here or in a sitting before. */
  #kept: boolean;

  private constructor(
    readonly folder: WorkFolder,
    readonly options: PassWorkOptions,
    readonly sides: Sides<TokenFileWriter>,
    /** Undefined for the beginning. */
    readonly goesOnFrom: ReadState | undefined,
  ) {
    this.#kept = goesOnFrom !== undefined;
  }

  /**
   * What an earlier sitting left, or a new beginning.
   * @param places where the files go
   * @returns undefined when it was whole already, and only had to be put in its place
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

  /** What was appended to the files is what was read up to `state`. Saves it now and then. */
  async wrote(state: ReadState): Promise<void> {
    const files = filesUpTo(this.options.fingerprint, state.place);
    const { train, heldOut } = this.sides;
    this.#last = { ...state, files, train: train.written, heldOut: heldOut.written };
    if (state.place.passages === 0) this.#fileBegin = this.#last;
    if (performance.now() - this.#saved >= 1000 * this.options.everySeconds) await this.#save();
  }

  /** Saves what was written, if it is worth it, when the work is stopped. */
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

  /** Puts the finished files where they belong. */
  async publish(places: Sides<string>): Promise<void> {
    await this.#close();
    for (const side of sides) await sync(join(this.folder.path, side));
    await writeFileAtomic(
      join(this.folder.path, "progress.json"),
      JSON.stringify({ whole: this.options.info.train.content }),
    );
    await putInPlace(this.folder, places);
  }

  /** Leaves what was saved to the next sitting, and nothing if nothing was. */
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
 * Moves what is there of the finished files; a kill between the two leaves the second one to the next sitting.
 * @returns whether both are in their place then
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

/** What tells the files before `place`, and the one it is in, from any others. */
function filesUpTo({ all, files }: Fingerprint, { file, passages }: ReadState["place"]): string {
  const read = files.length === 0 ? [all] : files.slice(0, passages === 0 ? file : file + 1);
  return createHash("sha256").update(read.join("\n")).digest("hex");
}
