// Finished token files: where they are, and whether their content is what their name says.
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { CambiumError } from "@cambium/ir";
import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import { TokenFile } from "../tokens/reader.js";
import { requireSound } from "./sound.js";

/** Figures of one side of the split. */
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
    /** Identifies text, tokenizer and split: equal for equal token files. */
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
  /** Identifies it. */
  readonly content: string;
  readonly train: string;
  readonly heldOut: string;
}

/** The place of the preparation that `identity` names. */
export function placeFor(cacheDir: string, identity: readonly unknown[]): Place {
  const content = hashed(identity);
  const path = (side: string) => join(cacheDir, `${content.slice(0, 32)}.${side}.tokens`);
  return { content, train: path("train"), heldOut: path("held-out") };
}

export function hashed(identity: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex");
}

/** The preparation that was just made. @throws CambiumError `E_CACHE` if it is gone. */
export async function openMade(place: Place, tokenizer: Tokenizer): Promise<PreparedData> {
  const made = await openPrepared(place, tokenizer);
  if (made !== undefined) return made;
  throw new CambiumError("E_CACHE", "the token files vanished while they were made", {
    where: dirname(place.train),
    hint: "is something clearing the cache? Run it again",
  });
}

/**
 * The preparation in these files; undefined if there is none, or a damaged one.
 * @param cacheDir where they were found; absent if they were just written
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
