// Opens the text that --text or --corpus names.
import { type TextFormat, textFormats } from "@cambium/data";
import { corpusSpec, openSource, type Source, shortList } from "@cambium/data/node";
import { CambiumError } from "@cambium/ir";
import type { Command } from "commander";
import { oneOf } from "./flags.js";
import { complain } from "./terminal.js";

export interface CorpusFlags {
  readonly field?: string;
  readonly format?: TextFormat;
}

/** Adds `--field` and `--format`, which say where documents are in the files of `--corpus`. */
export function withCorpusFlags(command: Command): Command {
  return command
    .option("--field <name>", "the field of JSON, or the column of a table, that holds the text (default: text)")
    .option(
      "--format <format>",
      `the files' format: ${textFormats.join(", ")} (default: by their extensions)`,
      oneOf("--format", textFormats),
    );
}

/** Opens a text file, or a corpus given by name, file or folder. Reports which files of a folder are skipped. */
export async function openText(
  text: string | undefined,
  corpus: string | undefined,
  { field, format }: CorpusFlags = {},
): Promise<Source> {
  if ((text === undefined) === (corpus === undefined)) {
    throw new CambiumError("E_OPTION", "one of --text and --corpus is needed, and not both", {
      hint: "--corpus moby-dick",
    });
  }
  const options = { ...(field !== undefined && { field }), ...(format && { format }) };
  const spec =
    text === undefined ? corpusSpec(corpus as string, options) : { kind: "files" as const, path: text, ...options };
  const source = await openSource(spec, ".");
  if (source.passedOver.length > 0) complain(passedOver(source.name, source.passedOver));
  return source;
}

export function passedOver(corpus: string, names: readonly string[]): string {
  const files = names.length === 1 ? "a file" : `${names.length} files`;
  return `Passed over ${files} of ${corpus}, not read as text: ${shortList(names)}`;
}
