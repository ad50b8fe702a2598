// The contract of a format: it reads the documents of one file.
import type { Only } from "./field.js";
import type { Passage } from "./source.js";
import type { TextBytes } from "./text-bytes.js";
import type { InvalidUtf8 } from "./utf8.js";

export interface CorpusFile {
  /** The prefix of its documents' names: the path relative to the corpus's folder. */
  readonly name: string;
  readonly path: string;
  /** The user did not name the format: a text that begins like JSON or a web page is refused. */
  readonly guessed: boolean;
}

export interface ReadOptions {
  /** The field of an object, or the column of a table, that holds the text. */
  readonly field: string;
  /** Reads only documents whose fields have one of these values each. */
  readonly only: Only;
  readonly invalidUtf8: InvalidUtf8;
  /** What a document is in a text file. */
  readonly documents: "block" | "file";
  /** Most characters in a passage of a text file. */
  readonly maxChars: number;
  /** Longer lines are refused, so that memory stays bounded. */
  readonly maxLineBytes: number;
}

/** A passage without its place in the corpus. */
export type Piece = Omit<Passage, "bytesRead" | "next">;

/** @throws CambiumError for text that cannot be read, naming the place. */
export type FormatReader = (file: CorpusFile, bytes: TextBytes, options: ReadOptions) => AsyncIterable<Piece>;
