// Token files that are made: where they are, and whether they are what they are called.
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { CambiumError } from "@cambium/ir";
import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import { TokenFile } from "../tokens/reader.js";
import { requireSound } from "./sound.js";

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

/** Where a preparation is. */
export interface Place {
  /** Names it. */
  readonly content: string;
  readonly train: string;
  readonly heldOut: string;
}

/** Where the preparation is that `identity` names. */
export function placeFor(cacheDir: string, identity: readonly unknown[]): Place {
  const content = hashed(identity);
  const path = (side: string) => join(cacheDir, `${content.slice(0, 32)}.${side}.tokens`);
  return { content, train: path("train"), heldOut: path("held-out") };
}

export function hashed(identity: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex");
}

/** The preparation that was made just now. @throws CambiumError `E_CACHE` when it is gone. */
export async function openMade(place: Place, tokenizer: Tokenizer): Promise<PreparedData> {
  const made = await openPrepared(place, tokenizer);
  if (made !== undefined) return made;
  throw new CambiumError("E_CACHE", "the token files vanished as they were made", {
    where: dirname(place.train),
    hint: "is something clearing the cache? Run again",
  });
}

/**
 * The preparation in these files; undefined if there is none, or not a sound one.
 * @param cacheDir where they were found; absent when they were written just now
 */
export async function openPrepared(
  place: Place,
  tokenizer: Tokenizer,
  cacheDir?: string,
): Promise<PreparedData | undefined> {
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
  return {
    train,
    heldOut,
    tokenizer,
    stats: { content, cached, train: sideStats(train), heldOut: sideStats(heldOut) },
    close,
  };
}

export function sideStats({ header }: TokenFile): SideStats {
  return { documents: header.documents, tokens: header.tokens, textBytes: header.textBytes };
}
