// How a recipe or a command line names a corpus.
import type { FilesOptions } from "./node/source/corpus-files.js";

/** One corpus: embedded by name, or a file or folder. Paths are from the project. */
export type SourceSpec =
  | { readonly kind: "corpus"; readonly name: string }
  | ({ readonly kind: "files"; readonly path: string } & FilesOptions);

/** What a recipe or a command line may set for a corpus. */
export type CorpusOptions = Pick<FilesOptions, "field" | "format" | "only">;

/** A plain word names an embedded corpus; anything with a slash or a dot is a path. */
export function corpusSpec(corpus: string, options: CorpusOptions = {}): SourceSpec {
  return /[/\\.]/.test(corpus) ? { kind: "files", path: corpus, ...options } : { kind: "corpus", name: corpus };
}
