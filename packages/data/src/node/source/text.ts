// Plain text: one file, cut into blocks that count as documents, or a folder, each file a document.
import { join, resolve } from "node:path";
import { CambiumError } from "@cambium/ir";
import { TextCutter } from "./cut.js";
import { filesState, hashFiles, isFolder, listFiles, readChunks } from "./files.js";
import { PASSAGE_CHARS, type Passage, type Source } from "./source.js";
import { type InvalidUtf8, Utf8Stream } from "./utf8.js";

export interface TextOptions {
  /** `"error"` (default) names the byte; `"replace"` puts U+FFFD. */
  readonly invalidUtf8?: InvalidUtf8;
  /**
   * Characters in a block at most. A single file is one text: to hold some of it out of training it is cut into blocks,
   * at paragraphs where it has any, and each block is a document. Default 8192.
   */
  readonly blockChars?: number;
  /** What a document is: default `"block"` for a single file, `"file"` for a folder. */
  readonly documents?: "block" | "file";
  /** Endings of the files that are read in a folder, lower case. Default `.txt` and `.md`. */
  readonly extensions?: readonly string[];
}

/**
 * The text file, or the folder of text files (recursive, in order of their paths), at `path`. UTF-8; a byte order mark
 * is dropped; files without text are passed over.
 * @throws CambiumError `E_NOT_FOUND`, `E_CORPUS_EMPTY`, `E_OPTION`; later, while reading, `E_UTF8`.
 */
export async function textSource(path: string, options: TextOptions = {}): Promise<Source> {
  const { invalidUtf8 = "error", blockChars = 8192, extensions = [".txt", ".md"] } = options;
  if (!Number.isInteger(blockChars) || blockChars < 16 || blockChars > PASSAGE_CHARS) {
    throw new CambiumError("E_OPTION", "blockChars is out of range", {
      expected: `an integer from 16 to ${PASSAGE_CHARS}`,
      got: String(blockChars),
    });
  }
  const folder = await isFolder(path);
  const names = folder ? await listFiles(path, extensions) : [path];
  if (names.length === 0) {
    throw new CambiumError("E_CORPUS_EMPTY", "the folder holds no text files", {
      where: path,
      expected: `files ending in ${extensions.join(" or ")}`,
      hint: "name other endings with the option `extensions`",
    });
  }
  const files = names.map((name) => ({ name, path: folder ? join(path, name) : resolve(path) }));
  const paths = files.map((file) => file.path);
  const documents = options.documents ?? (folder ? "file" : "block");
  const maxChars = documents === "block" ? blockChars : PASSAGE_CHARS;
  const identity = { kind: "text", invalidUtf8, documents, maxChars };
  return {
    name: path,
    state: () => filesState(paths, identity, path),
    fingerprint: (onBytes) => hashFiles(paths, identity, onBytes),
    async *passages() {
      let before = 0;
      for (const file of files) {
        let bytesRead = 0;
        for await (const piece of pieces(file.path, maxChars, invalidUtf8)) {
          bytesRead = piece.bytesRead;
          const document = documents === "block" ? `${file.name}#${piece.index}` : file.name;
          yield { document, text: piece.text, last: piece.last, bytesRead: before + bytesRead } satisfies Passage;
        }
        before += bytesRead;
      }
    },
  };
}

interface Piece {
  readonly index: number;
  readonly text: string;
  readonly last: boolean;
  readonly bytesRead: number;
}

/** The text of one file in pieces of at most `maxChars`. */
async function* pieces(path: string, maxChars: number, invalidUtf8: InvalidUtf8): AsyncGenerator<Piece> {
  const decoder = new Utf8Stream(path, invalidUtf8);
  const cutter = new TextCutter(maxChars);
  let index = 0;
  let bytesRead = 0;
  for await (const chunk of readChunks(path)) {
    bytesRead += chunk.length;
    for (const text of cutter.push(decoder.push(chunk))) yield { index: index++, text, last: false, bytesRead };
  }
  // The rest is at most one sequence; should it complete a piece, another is still left.
  for (const text of cutter.push(decoder.end())) yield { index: index++, text, last: false, bytesRead };
  const text = cutter.end();
  if (text !== "") yield { index, text, last: true, bytesRead };
}
