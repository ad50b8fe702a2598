// A corpus in files: one file, or the text files of a folder, each read in its own format.
import { basename, join, resolve } from "node:path";
import { CambiumError } from "@cambium/ir";
import type { TextFormat } from "../../text-formats.js";
import type { Only } from "./field.js";
import { filesState, isFolder, listFiles } from "./files.js";
import { fingerprintFiles } from "./fingerprint-files.js";
import { formatOf, isTextFormat, readableEndings, refuseFile } from "./format.js";
import { readJson } from "./json.js";
import { readJsonl } from "./jsonl.js";
import { checkParquet, readParquet } from "./parquet.js";
import type { CorpusFile, FormatReader, ReadOptions } from "./reader.js";
import { beginning, PASSAGE_CHARS, type Source } from "./source.js";
import { tableReader } from "./table.js";
import { readText } from "./text.js";
import { TextBytes } from "./text-bytes.js";
import type { InvalidUtf8 } from "./utf8.js";

export interface FilesOptions {
  /** The format of the files; of a folder, only files of that format are read. Default: by their extensions. */
  readonly format?: TextFormat;
  /** The field of JSON, or the column of a table, that holds the text. Default `text`. */
  readonly field?: string;
  /** Reads only documents whose fields have one of these values each. Default: all. Plain text has no fields. */
  readonly only?: Only;
  /** `"error"` (default) names the byte; `"replace"` substitutes U+FFFD. */
  readonly invalidUtf8?: InvalidUtf8;
  /**
   * Most characters in a block. A single text file is cut into blocks, at paragraphs if it has any, and each block is a
   * document, so that some of it can be held out of training. Default 8192.
   */
  readonly blockChars?: number;
  /** What a document is in text files: default `"block"` for a single file, `"file"` for a folder. */
  readonly documents?: "block" | "file";
  /** Longer lines are refused, so that memory stays bounded. Default 64 MiB. */
  readonly maxLineBytes?: number;
}

/** A total table: a format without a reader does not compile. */
const readers: { readonly [F in TextFormat]: FormatReader } = {
  text: readText,
  jsonl: readJsonl,
  json: readJson,
  csv: tableReader(","),
  tsv: tableReader("\t"),
  parquet: readParquet,
};

interface ReadableFile extends CorpusFile {
  readonly format: TextFormat;
}

/**
 * The file, or the folder of files (recursive, in order of their paths), at `path`. UTF-8, or UTF-16 with a byte order
 * mark; plain, or compressed by gzip or zstd. Files without text are skipped; other files of a folder are listed in
 * `passedOver`.
 * @throws CambiumError `E_NOT_FOUND`, `E_NOT_A_FILE`, `E_CORPUS_EMPTY`, `E_OPTION`, `E_CORPUS_FORMAT` for files that
 * are not read as text; later, while reading, the errors of the formats.
 */
export async function filesSource(path: string, options: FilesOptions = {}): Promise<Source> {
  const folder = await isFolder(path);
  const reading = readOptions(options, folder);
  const { files, passedOver } = folder ? await filesIn(path, options.format) : single(path, options.format);
  const firsts = new Map(files.map((file) => [file.format, file] as const).toReversed());
  for (const file of firsts.values()) await checkHead(file, reading);
  const paths = files.map((file) => file.path);
  const identity = identityOf(files, reading);
  return {
    name: path,
    passedOver,
    state: () => filesState(paths, identity, path),
    fingerprint: (onBytes) => fingerprintFiles(files, identity, reading, onBytes),
    identity: JSON.stringify([resolve(path), identity]),
    async *passages(from = beginning) {
      let { bytes: before, passages: skipped } = from;
      for (const [i, file] of files.entries()) {
        if (i < from.file) continue;
        const bytes = new TextBytes(file.path);
        let passages = 0;
        for await (const piece of readers[file.format](file, bytes, reading)) {
          if (++passages <= skipped) continue;
          const next = { file: i, passages, bytes: before };
          yield { ...piece, bytesRead: before + bytes.bytesRead, next };
        }
        before += bytes.bytesRead;
        skipped = 0;
      }
    },
  };
}

function readOptions(options: FilesOptions, folder: boolean): ReadOptions {
  const {
    field = "text",
    only = {},
    invalidUtf8 = "error",
    blockChars = 8192,
    maxLineBytes = 64 * 1024 * 1024,
  } = options;
  if (!Number.isInteger(blockChars) || blockChars < 16 || blockChars > PASSAGE_CHARS) {
    throw new CambiumError("E_OPTION", "blockChars is out of range", {
      expected: `an integer from 16 to ${PASSAGE_CHARS}`,
      got: String(blockChars),
    });
  }
  const documents = options.documents ?? (folder ? "file" : "block");
  return {
    field,
    only,
    invalidUtf8,
    documents,
    maxLineBytes,
    maxChars: documents === "block" ? blockChars : PASSAGE_CHARS,
  };
}

interface Found {
  readonly files: readonly ReadableFile[];
  readonly passedOver: readonly string[];
}

function single(path: string, asked: TextFormat | undefined): Found {
  const told = formatOf(path);
  if (asked === undefined && told !== undefined && !isTextFormat(told)) refuseFile(told, path);
  const format = asked ?? (isTextFormat(told) ? told : "text");
  return {
    files: [{ name: basename(path), path: resolve(path), guessed: asked === undefined, format }],
    passedOver: [],
  };
}

async function filesIn(folder: string, asked: TextFormat | undefined): Promise<Found> {
  const { names, others } = await listFiles(folder);
  const files: ReadableFile[] = [];
  const passedOver = [...others];
  for (const name of names) {
    const format = formatOf(name);
    if (isTextFormat(format) && (asked ?? format) === format)
      files.push({ name, path: join(folder, name), guessed: asked === undefined, format });
    else passedOver.push(name);
  }
  if (files.length > 0) return { files, passedOver: passedOver.sort() };
  throw new CambiumError("E_CORPUS_EMPTY", "the folder holds no files of text", {
    where: folder,
    expected: `files ending in ${readableEndings(asked && [asked])}`,
    got: passedOver.length === 0 ? "an empty folder" : shortList(passedOver),
    hint: "rename the files, or name one of them with the format it has (format: text)",
  });
}

/** The first few of `names`, and how many more there are. */
export function shortList(names: readonly string[], shown = 5): string {
  const more = names.length - shown;
  return `${names.slice(0, shown).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** Refuses a file whose content is not what its name says, before the run begins. */
async function checkHead(file: ReadableFile, reading: ReadOptions): Promise<void> {
  if (file.format === "text" && Object.keys(reading.only).length > 0) {
    throw new CambiumError("E_OPTION", "plain text has no fields to choose documents by", {
      where: file.path,
      expected: `files with the field ${Object.keys(reading.only).join(", ")}`,
      hint: "set the format of the files that have it (format: jsonl)",
    });
  }
  if (file.format === "parquet") return checkParquet(file.path, reading);
  const options = {
    field: "",
    only: {},
    invalidUtf8: "replace",
    documents: "file",
    maxChars: PASSAGE_CHARS,
    maxLineBytes: 0,
  } as const;
  const bytes = new TextBytes(file.path);
  const pieces = file.format === "text" ? readText(file, bytes, options) : bytes.chunks();
  for await (const _ of pieces) return;
}

/** Everything besides the files' contents that decides the passages. */
function identityOf(files: readonly ReadableFile[], options: ReadOptions): object {
  const { field, only, invalidUtf8, documents, maxChars } = options;
  const kinds = [...new Set(files.map(({ format }) => format))];
  const [kind] = kinds;
  const text = { kind, invalidUtf8, documents, maxChars };
  // Left out if nothing is chosen, so that token files made before this option existed are found again.
  const chosen = Object.keys(only).length === 0 ? {} : { only };
  const records = { kind, field, ...chosen, invalidUtf8, passageChars: PASSAGE_CHARS };
  if (kinds.length === 1) return kind === "text" ? text : records;
  return { ...text, ...records, kind: files.map(({ format }) => format) };
}
