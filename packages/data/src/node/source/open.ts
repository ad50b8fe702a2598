// Opens the source that a recipe's data section names.
import { resolve } from "node:path";
import type { SourceSpec } from "../../corpus-spec.js";
import { filesSource } from "./corpus-files.js";
import { embeddedSource } from "./embedded.js";
import type { Source } from "./source.js";

/** @throws CambiumError what {@link embeddedSource} and {@link filesSource} throw. */
export async function openSource(spec: SourceSpec, projectDir: string): Promise<Source> {
  if (spec.kind === "corpus") return embeddedSource(spec.name, projectDir);
  const { path, ...options } = spec;
  return filesSource(resolve(projectDir, path), options);
}
