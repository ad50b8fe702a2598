// The contract of a corpus: a name, an identity, and its text in bounded pieces.

/** A document, or a piece of one. Consecutive passages with the same `document` are one document. */
export interface Passage {
  /** Names the document: `file`, `file#block` or `file:line`. A document is the unit of the train/held-out split. */
  readonly document: string;
  /** Not empty. Bounded by the source, however long the document is; each passage is tokenized on its own. */
  readonly text: string;
  /** Where the text begins in its document, in a plain text in its file: UTF-16 units. For messages; default: 0. */
  readonly start?: number;
  /** The text ends here: an end-of-text token follows it, if the tokenizer has one. */
  readonly last: boolean;
  /** Bytes of the source consumed up to the end of this passage. */
  readonly bytesRead: number;
  /** Where the source continues after this passage. */
  readonly next: Place;
}

/** A place between two passages, from which reading can continue. */
export interface Place {
  /** Index of the file, from 0. */
  readonly file: number;
  /** Passages of the file before the place. */
  readonly passages: number;
  /** Bytes of the files before it. */
  readonly bytes: number;
}

export const beginning: Place = { file: 0, passages: 0, bytes: 0 };

/** The state of a source, found without reading its content. */
export interface SourceState {
  readonly bytes: number;
  /** Equal signatures mean equal content, unless a file was changed twice within the resolution of the disk's clock. */
  readonly signature: string;
  /** The last change, in milliseconds since the epoch; 0 for a source that cannot change. */
  readonly changedAt: number;
}

/** Hashes that identify a corpus: SHA-256 in hex. */
export interface Fingerprint {
  /** Over the content and everything else that decides the passages. */
  readonly all: string;
  /** Of the content of each file, in their order; empty where there are none. */
  readonly files: readonly string[];
}

/** A corpus: read in the same order, with the same passages, every time. */
export interface Source {
  /** Its name for people, e.g. a path or `moby-dick`. */
  readonly name: string;
  /** Its files and folders that are not read, as paths within it. */
  readonly passedOver: readonly string[];
  /** @throws CambiumError if the source is absent or empty. */
  state(): Promise<SourceState>;
  /** @param onBytes is called with the bytes read so far. @throws CambiumError for files found to be damaged. */
  fingerprint(onBytes?: (bytesRead: number) => void): Promise<Fingerprint>;
  /** What is read and how, without its content. Interrupted work is found again by this. */
  readonly identity: string;
  /** @param from default: the beginning. @throws CambiumError for text that cannot be read, naming the place. */
  passages(from?: Place): AsyncIterable<Passage>;
}

/** Most characters (UTF-16 units) in a passage: memory stays small, and a slow tokenizer returns soon. */
export const PASSAGE_CHARS = 65_536;
