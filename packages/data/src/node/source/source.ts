// What a corpus is to the rest of the package: a name, an identity, and its text in bounded pieces.

/** A document, or a piece of one. Consecutive passages with the same `document` are one document. */
export interface Passage {
  /** Names the document: `file`, `file#block` or `file:line`. A document is the unit of the train/held-out split. */
  readonly document: string;
  /** Not empty. Bounded by the source, however long the document is; each passage is tokenized on its own. */
  readonly text: string;
  /** The text ends here: an end-of-text token belongs after it, if the tokenizer has one. */
  readonly last: boolean;
  /** Bytes of the source consumed up to the end of this passage. */
  readonly bytesRead: number;
  /** Where the source goes on after this passage. */
  readonly next: Place;
}

/** A place between two passages, from which a source can be read on. */
export interface Place {
  /** The number of the file, from 0. */
  readonly file: number;
  /** Passages of the file that are before. */
  readonly passages: number;
  /** Bytes of the files before it. */
  readonly bytes: number;
}

export const beginning: Place = { file: 0, passages: 0, bytes: 0 };

/** The state of a source, told without reading its content. */
export interface SourceState {
  readonly bytes: number;
  /** Equal signatures mean equal content, unless a file was changed twice within the grain of the disk's clock. */
  readonly signature: string;
  /** The last change, in milliseconds since the epoch; 0 for what cannot change. */
  readonly changedAt: number;
}

/** What tells one corpus from another: SHA-256 in hex. */
export interface Fingerprint {
  /** Over the content and whatever else decides the passages. */
  readonly all: string;
  /** Of the content of each file, in their order; empty where there are none. */
  readonly files: readonly string[];
}

/** A corpus: read in the same order, with the same passages, every time. */
export interface Source {
  /** As people know it, e.g. a path or `moby-dick`. */
  readonly name: string;
  /** Files and folders of it that are not read, as paths within it. */
  readonly passedOver: readonly string[];
  /** @throws CambiumError when the source is absent or empty. */
  state(): Promise<SourceState>;
  /** @param onBytes hears how much was read. @throws CambiumError for files that are seen to be damaged. */
  fingerprint(onBytes?: (bytesRead: number) => void): Promise<Fingerprint>;
  /** What is read and how, but not its content: work on it that was interrupted is found again by this. */
  readonly identity: string;
  /** @param from the beginning by default. @throws CambiumError for text that cannot be read, naming the place. */
  passages(from?: Place): AsyncIterable<Passage>;
}

/** Characters (UTF-16 units) in a passage at most: memory stays small, and a slow tokenizer returns soon. */
export const PASSAGE_CHARS = 65_536;
