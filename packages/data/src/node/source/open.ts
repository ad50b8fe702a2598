// From what a recipe says about its data to the source that reads it.
import { resolve } from "node:path";
import { type FilesOptions, filesSource } from "./corpus-files.js";
import { embeddedSource } from "./embedded.js";
import type { Source } from "./source.js";

/** One corpus: embedded by name, or a file or folder. Paths are from the project. */
export type SourceSpec =
  | { readonly kind: "corpus"; readonly name: string }
  | ({ readonly kind: "files"; readonly path: string } & FilesOptions);

/** What a recipe or a command line may say of a corpus. */
export type CorpusOptions = Pick<FilesOptions, "field" | "format" | "only">;

/**
 * What a recipe or a command line means by a corpus: a plain word names an embedded one; anything with a slash or a dot
 * is a path.
 */
export function corpusSpec(corpus: string, options: CorpusOptions = {}): SourceSpec {
  return /[/\\.]/.test(corpus) ? { kind: "files", path: corpus, ...options } : { kind: "corpus", name: corpus };
}

/** @throws CambiumError what {@link embeddedSource} and {@link filesSource} throw. */
export async function openSource(spec: SourceSpec, projectDir: string): Promise<Source> {
  if (spec.kind === "corpus") return embeddedSource(spec.name, projectDir);
  const { path, ...options } = spec;
  return filesSource(resolve(projectDir, path), options);
}
