// From what a recipe says about its data to the source that reads it.
import { resolve } from "node:path";
import { embeddedSource } from "./embedded.js";
import { type JsonlOptions, jsonlSource } from "./jsonl.js";
import type { Source } from "./source.js";
import { type TextOptions, textSource } from "./text.js";

/** One corpus: embedded by name, a text file or folder of them, or a JSON Lines file. Paths are from the project. */
export type SourceSpec =
  | { readonly kind: "corpus"; readonly name: string }
  | ({ readonly kind: "text"; readonly path: string } & TextOptions)
  | ({ readonly kind: "jsonl"; readonly path: string } & JsonlOptions);

/**
 * What a recipe or a command line means by a corpus: a plain word names an embedded one; anything with a slash or a dot
 * is a path, of JSON Lines if it ends in `.jsonl`. @param field that holds the text of JSON Lines
 */
export function corpusSpec(corpus: string, field?: string): SourceSpec {
  if (corpus.endsWith(".jsonl")) return { kind: "jsonl", path: corpus, ...(field !== undefined && { field }) };
  return /[/\\.]/.test(corpus) ? { kind: "text", path: corpus } : { kind: "corpus", name: corpus };
}

/** @throws CambiumError what {@link embeddedSource}, {@link textSource} and {@link jsonlSource} throw. */
export async function openSource(spec: SourceSpec, projectDir: string): Promise<Source> {
  switch (spec.kind) {
    case "corpus":
      return embeddedSource(spec.name, projectDir);
    case "text":
      return textSource(resolve(projectDir, spec.path), spec);
    case "jsonl":
      return jsonlSource(resolve(projectDir, spec.path), spec);
  }
}
