// From a corpus to its token files: made once, found again by what they were made from.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { replaceFile } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import type { Source } from "../source/source.js";
import { TokenFile } from "../tokens/reader.js";
import { rememberedFingerprint } from "./fingerprint.js";
import { Pacer, type Progress } from "./pacer.js";
import { requireSound } from "./sound.js";
import { Split } from "./split.js";
import type { SplitRule, TokenCounts } from "./split-rule.js";
import { tokenizeSides } from "./tokenize.js";

/** Part of every key: a new number when the same text and tokenizer come to give other tokens. */
const PREPARATION = 1;

export interface PrepareOptions {
  readonly source: Source;
  readonly tokenizer: Tokenizer;
  /** The share of documents held out of training, [0, 1); `split.ts` says which. With 0 the held-out file is empty. */
  readonly heldOutFraction: number;
  /** Of the split; an integer in [0, 2^53). */
  readonly seed: number;
  /**
   * Tokens that each side needs to be of use. Where whole documents do not give them, the end of the text is held out.
   * Default: one on each side.
   */
  readonly atLeast?: TokenCounts;
  /** Holds two files for each preparation; may be shared by processes, and removed when none runs. */
  readonly cacheDir: string;
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the work; what was made so far is removed. */
  readonly signal?: AbortSignal;
}

/** What one side of the split holds. */
export interface SideStats {
  readonly documents: number;
  readonly tokens: number;
  /** Bytes of UTF-8 text. */
  readonly textBytes: number;
}

export interface PreparedData {
  readonly train: TokenFile;
  readonly heldOut: TokenFile;
  readonly tokenizer: Tokenizer;
  readonly stats: {
    /** Names text, tokenizer and split: equal for equal token files. */
    readonly content: string;
    /** The files were there already. */
    readonly cached: boolean;
    readonly train: SideStats;
    readonly heldOut: SideStats;
  };
  /** Closes both files. */
  close(): void;
}

/**
 * Tokenizes `source` into a training and a held-out file, or finds them made. Safe to kill at any instant and to run
 * twice at once: files appear whole, under a name made from what is in them. Each passage of the source is
 * tokenized on its own; the tokenizer's eos, if it has one, follows each text.
 * @throws CambiumError `E_OPTION`, `E_CORPUS_EMPTY`, `E_SPLIT`, `E_CORPUS_CHANGED` when the files change meanwhile; the
 * source's, the tokenizer's and the disk's errors. The signal's reason when it stops the work.
 */
export async function prepareData(options: PrepareOptions): Promise<PreparedData> {
  const { source, tokenizer, cacheDir, atLeast = { train: 1, heldOut: 1 } } = options;
  const split = Split.byFraction(options.heldOutFraction, options.seed, atLeast);
  const before = await source.state();
  const pacer = new Pacer(before.bytes, options.onProgress, options.signal);
  const { all: fingerprint } = await rememberedFingerprint(source, cacheDir, (bytes) => pacer.report("hash", bytes));
  const placeOf = (rule: readonly unknown[]): Place => {
    const identity = [PREPARATION, fingerprint, tokenizer.fingerprint, ...rule];
    const content = createHash("sha256").update(JSON.stringify(identity)).digest("hex");
    const path = (side: string) => join(cacheDir, `${content.slice(0, 32)}.${side}.tokens`);
    return { content, train: path("train"), heldOut: path("held-out") };
  };
  const places: Record<SplitRule["kind"], Place> = {
    documents: placeOf([split.threshold, options.seed]),
    position: placeOf(["position", options.heldOutFraction, atLeast]),
  };
  const found = await openPrepared(places.documents, tokenizer, cacheDir);
  if (found !== undefined) {
    if (options.heldOutFraction === 0 || enough(found, atLeast)) return found;
    found.close();
  }
  // The rule by documents did not serve this text before.
  const byPosition = await openPrepared(places.position, tokenizer, cacheDir);
  if (byPosition !== undefined) return byPosition;
  let rule: SplitRule | undefined = split;
  let kind = rule.kind;
  while (rule !== undefined) {
    const at: SplitRule = rule;
    kind = at.kind;
    const { content, ...paths } = places[kind];
    const { vocabSize } = tokenizer;
    const info = { content, source: fingerprint, tokenizer: tokenizer.fingerprint, vocabSize };
    rule = await writeBoth(paths, async (train, heldOut) => {
      const tokens = await tokenizeSides({ source, tokenizer, split: at, info, pacer, train, heldOut });
      if ((await source.state()).signature !== before.signature) {
        throw new CambiumError("E_CORPUS_CHANGED", "the corpus changed while it was read", {
          where: source.name,
          hint: "run again when nothing writes to it",
        });
      }
      return at.amended(source.name, tokens);
    });
  }
  const made = await openPrepared(places[kind], tokenizer);
  if (made !== undefined) return made;
  throw new CambiumError("E_CACHE", "the token files vanished as they were made", {
    where: cacheDir,
    hint: "is something clearing the cache? Run again",
  });
}

/** Where a preparation is. */
interface Place {
  /** Names it. */
  readonly content: string;
  readonly train: string;
  readonly heldOut: string;
}

function enough({ train, heldOut }: PreparedData, least: TokenCounts): boolean {
  return train.length >= least.train && heldOut.length >= least.heldOut;
}

/** Carries the amended split out of a write that is to be dropped. */
class Amended extends Error {
  constructor(readonly split: SplitRule) {
    super();
  }
}

/** Writes both files, or neither when `write` fails or answers with an amended split, which is returned. */
async function writeBoth(
  paths: Omit<Place, "content">,
  write: (train: string, heldOut: string) => Promise<SplitRule | undefined>,
): Promise<SplitRule | undefined> {
  try {
    // A kill between the two renames leaves one: the next preparation writes both again, to the same bytes.
    await replaceFile(paths.train, (train) =>
      replaceFile(paths.heldOut, async (heldOut) => {
        const amended = await write(train, heldOut);
        if (amended !== undefined) throw new Amended(amended);
      }),
    );
    return undefined;
  } catch (error) {
    if (error instanceof Amended) return error.split;
    throw error;
  }
}

/**
 * The preparation in these files; undefined if there is none, or not a sound one.
 * @param cacheDir where they were found; absent when they were written just now
 */
async function openPrepared(place: Place, tokenizer: Tokenizer, cacheDir?: string): Promise<PreparedData | undefined> {
  const { content } = place;
  const opened: TokenFile[] = [];
  try {
    for (const path of [place.train, place.heldOut]) opened.push(TokenFile.open(path));
    if (cacheDir !== undefined) for (const file of opened) await requireSound(file, cacheDir);
  } catch (error) {
    for (const file of opened) file.close();
    const redo = error instanceof CambiumError && ["E_NOT_FOUND", "E_TOKEN_FILE"].includes(error.code);
    if (redo) return undefined;
    throw error;
  }
  const [train, heldOut] = opened as [TokenFile, TokenFile];
  const close = (): void => {
    train.close();
    heldOut.close();
  };
  if (train.header.content !== content || heldOut.header.content !== content) {
    close();
    return undefined;
  }
  const cached = cacheDir !== undefined;
  return { train, heldOut, tokenizer, stats: { content, cached, train: side(train), heldOut: side(heldOut) }, close };
}

function side({ header }: TokenFile): SideStats {
  return { documents: header.documents, tokens: header.tokens, textBytes: header.textBytes };
}
