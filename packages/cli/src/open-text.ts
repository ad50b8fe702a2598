// The text that a command measures on, from --text or --corpus.
import { corpusSpec, openSource, type Source } from "@cambium/data/node";
import { CambiumError } from "@cambium/ir";

/** A text file, or a corpus: a name, a file or folder, a .jsonl. */
export async function openText(text: string | undefined, corpus: string | undefined): Promise<Source> {
  if ((text === undefined) === (corpus === undefined)) {
    throw new CambiumError("E_OPTION", "one of --text and --corpus is needed, and not both", {
      hint: "--corpus moby-dick",
    });
  }
  if (text !== undefined) return openSource({ kind: "text", path: text }, ".");
  return openSource(corpusSpec(corpus as string), ".");
}
