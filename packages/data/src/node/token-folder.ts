// A folder of prepared tokens, train.tokens and held-out.tokens, to train on instead of a corpus.
import { copyFile, link, stat } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "@cambium/files";
import { CambiumError, type Reason } from "@cambium/ir";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { hashed, type PreparedData, sideStats } from "./prepare/prepared.js";
import { requireSound } from "./prepare/sound.js";
import { TokenFile } from "./tokens/reader.js";

const names = { train: "train.tokens", heldOut: "held-out.tokens" } as const;
type Side = keyof typeof names;

/** The token file of each side in `folder`. */
export function tokenPaths(folder: string): { readonly [S in Side]: string } {
  return { train: join(folder, names.train), heldOut: join(folder, names.heldOut) };
}

/** Whether `path` is a folder with token files for both sides. */
export async function isTokenFolder(path: string): Promise<boolean> {
  const found = await Promise.all(
    Object.values(tokenPaths(path)).map((file) =>
      stat(file).then(
        (entry) => entry.isFile(),
        () => false,
      ),
    ),
  );
  return found.every(Boolean);
}

/** Puts prepared files into `folder` under their plain names, as hard links if the disk allows, else as copies. */
export async function keepTokens(data: PreparedData, folder: string): Promise<{ readonly [S in Side]: string }> {
  const paths = tokenPaths(folder);
  for (const side of ["train", "heldOut"] as const) {
    const from = data[side].path;
    if (await isSame(from, paths[side])) continue;
    await replaceFile(paths[side], (scratch) => link(from, scratch).catch(() => copyFile(from, scratch)));
  }
  return paths;
}

/** Whether both names lead to one file. */
async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => stat(path, { bigint: true }).catch(() => undefined)));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/**
 * The tokens in `folder` as prepared data: their ids are what their headers say.
 * @param cacheDir where it is noted that a file was read and found intact
 * @throws CambiumError `E_TOKEN_FILE` for damaged files, and for tokens of another tokenizer than `tokenizer`
 */
export async function openTokenFolder(folder: string, tokenizer: Tokenizer, cacheDir: string): Promise<PreparedData> {
  const paths = tokenPaths(folder);
  const train = TokenFile.open(paths.train);
  let heldOut: TokenFile | undefined;
  const close = (): void => {
    train.close();
    heldOut?.close();
  };
  try {
    heldOut = TokenFile.open(paths.heldOut);
    const reasons = [train, heldOut].flatMap((file) => fault(file, tokenizer));
    if (reasons.length > 0) {
      const hint =
        "name the tokenizer that the tokens were made with (data.tokenizer), or the text instead of the tokens";
      throw new CambiumError("E_TOKEN_FILE", "these tokens are not this tokenizer's", { where: folder, reasons, hint });
    }
    for (const file of [train, heldOut]) await requireSound(file, cacheDir);
    const content = hashed(["tokens", train.header.sha256, heldOut.header.sha256, tokenizer.fingerprint]);
    const stats = { content, cached: true, train: sideStats(train), heldOut: sideStats(heldOut) };
    return { train, heldOut, tokenizer, stats, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Imported tokens do not name their tokenizer; only their vocabulary can be checked. */
function fault({ path, header }: TokenFile, tokenizer: Tokenizer): Reason[] {
  if (header.tokenizer === tokenizer.fingerprint) return [];
  if (header.tokenizer !== unknownTokenizer) {
    const got = `one of ${header.vocabSize} ids (${header.title})`;
    return [{ where: path, message: "made by another tokenizer", expected: tokenizer.name, got }];
  }
  if (header.vocabSize <= tokenizer.vocabSize) return [];
  const [expected, got] = [`ids below ${tokenizer.vocabSize} (${tokenizer.name})`, `ids up to ${header.vocabSize - 1}`];
  return [{ where: path, message: "has ids beyond the vocabulary", expected, got }];
}

/** The tokenizer in headers of imported tokens that do not name theirs. */
export const unknownTokenizer = hashed(["unknown tokenizer"]);
