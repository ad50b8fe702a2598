// Tokens in files of any known format, as one sequence.
import { closeSync, constants, openSync, readSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { toFileError, withFileErrors } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { checkRange, type TokenReader } from "../../tokens.js";
import { listFiles } from "../source/files.js";
import { PackedFile, type PackedFormat } from "./packed.js";
import { TokenFile } from "./reader.js";

export interface TokenSequence extends TokenReader {
  readonly format: "cambium" | PackedFormat;
  readonly dtype: string;
  readonly files: readonly (TokenFile | PackedFile)[];
  close(): void;
}

/** What a packed file is for, by its name. */
export type PackedSide = "train" | "heldOut";

/** `val.bin`, `validation_0000000000.bin`, `web-val.bin`, `valid/0.bin`. */
const isHeldOut = (name: string) => /(^|[./_-])val(id|idation)?[./_-]/i.test(name);

/** Whether `path` is a folder of packed files of which some are for validation and some are not. */
export async function hasBothSides(path: string): Promise<boolean> {
  const folder = (await withFileErrors(path, () => stat(path))).isDirectory();
  return folder && new Set((await packedNames(path)).map(isHeldOut)).size === 2;
}

async function packedNames(folder: string): Promise<string[]> {
  return (await listFiles(folder)).names.filter((name) => name.endsWith(".bin"));
}

/**
 * A token file of ours, of litgpt or of nanoGPT; or a folder of packed files, in order of their names.
 * @param side of a folder: only the files for it
 * @throws CambiumError `E_TOKEN_FILE` for anything else; file errors.
 */
export async function openTokens(path: string, side?: PackedSide): Promise<TokenSequence> {
  const folder = (await withFileErrors(path, () => stat(path))).isDirectory();
  const isAsked = (name: string) => side === undefined || isHeldOut(name) === (side === "heldOut");
  const names = folder ? (await packedNames(path)).filter(isAsked) : [path];
  if (names.length === 0) {
    const ours = (await listFiles(path)).names.findLast((name) => /^[^/]+\.tokens$/.test(name));
    throw new CambiumError("E_TOKEN_FILE", "the folder holds no packed files of tokens", {
      where: path,
      expected: "a file of tokens, or a folder of packed .bin files",
      ...(ours !== undefined && { hint: `name one file: ${join(path, ours)}` }),
    });
  }
  const files: (TokenFile | PackedFile)[] = [];
  try {
    for (const name of names) {
      const file = folder ? join(path, name) : path;
      files.push(beginsAsOurs(file) ? TokenFile.open(file) : PackedFile.open(file));
    }
    return sequenceOf(files, path);
  } catch (error) {
    for (const file of files) file.close();
    throw error;
  }
}

function sequenceOf(files: readonly (TokenFile | PackedFile)[], path: string): TokenSequence {
  const kindOf = (file: TokenFile | PackedFile) =>
    file instanceof TokenFile
      ? { format: "cambium" as const, dtype: file.header.dtype as string }
      : { format: file.format, dtype: file.dtype };
  const [first] = files as [TokenFile | PackedFile];
  const kind = kindOf(first);
  const other = files.find((file) => kindOf(file).format !== kind.format || kindOf(file).dtype !== kind.dtype);
  if (other) {
    const [expected, got] = [kind, kindOf(other)].map(({ format, dtype }) => `${format}, ${dtype}`);
    const details = { where: other.path, ...(expected && { expected }), ...(got && { got }) };
    throw new CambiumError("E_TOKEN_FILE", "the files of this folder are of different kinds", details);
  }
  const length = files.reduce((sum, file) => sum + file.length, 0);
  return {
    ...kind,
    files,
    length,
    read(position, count, into = new Int32Array(count), offset = 0) {
      checkRange(position, count, length, path);
      let [begin, done] = [0, 0];
      for (const file of files) {
        const within = position + done - begin;
        if (within < file.length && done < count) {
          const part = Math.min(count - done, file.length - within);
          file.read(within, part, into, offset + done);
          done += part;
        }
        begin += file.length;
      }
      return into;
    },
    close: () => {
      for (const file of files) file.close();
    },
  };
}

function beginsAsOurs(path: string): boolean {
  const head = Buffer.alloc(8);
  try {
    const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      readSync(fd, head, 0, 8, 0);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw toFileError(error, path);
  }
  return head.toString("latin1") === "CAMBTOKS";
}
