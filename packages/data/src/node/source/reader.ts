// What a format has to do: give the documents of one file.
import type { Only } from "./field.js";
import type { Passage } from "./source.js";
import type { TextBytes } from "./text-bytes.js";
import type { InvalidUtf8 } from "./utf8.js";

export interface CorpusFile {
  /** As documents of it are called: relative to the corpus's folder. */
  readonly name: string;
  readonly path: string;
  /** The user did not name the format: a text that begins as JSON or a web page is refused. */
  readonly guessed: boolean;
}

export interface ReadOptions {
  /** The field of an object, or the column of a table, that holds the text. */
  readonly field: string;
  /** Only documents whose fields have one of these values each. */
  readonly only: Only;
  readonly invalidUtf8: InvalidUtf8;
  /** A document in a text file. */
  readonly documents: "block" | "file";
  /** Characters in a passage of a text file at most. */
  readonly maxChars: number;
  /** Longer lines are refused, so that memory stays bounded. */
  readonly maxLineBytes: number;
}

/** A passage without its place in the corpus. */
export type Piece = Omit<Passage, "bytesRead" | "next">;

/** @throws CambiumError for text that cannot be read, naming the place. */
export type FormatReader = (file: CorpusFile, bytes: TextBytes, options: ReadOptions) => AsyncIterable<Piece>;
