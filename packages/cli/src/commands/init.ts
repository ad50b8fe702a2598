// cambium init: writes a commented recipe for the user's own text, for the user to edit.

import { basename, dirname, relative, resolve } from "node:path";
import { writeFileAtomic } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { compact } from "@cambium/ir/figures";
import { parseRecipe } from "@cambium/recipe";
import { Command } from "commander";
import { initRecipe } from "../init-recipe.js";
import { exists } from "../model-source.js";
import { type CorpusFlags, openText, withCorpusFlags } from "../open-text.js";
import { print } from "../terminal.js";

interface Flags extends CorpusFlags {
  readonly out: string;
  readonly name?: string;
  readonly json?: boolean;
}

export function initCommand(): Command {
  return withCorpusFlags(new Command("init"))
    .argument("<corpus>", "a file or folder of text, JSON, CSV; or moby-dick, state-of-the-union")
    .option("-o, --out <file>", "the recipe to write; it must not exist", "recipe.yaml")
    .option("--name <name>", "the recipe's name (default: the text's)")
    .option("--json", "print what was written as JSON")
    .addHelpText(
      "after",
      `
Model size and tokens depend on the length of the text: seconds for a few pages, minutes for a book. Edit and run it.

With --json: {"recipe": PATH, "name", "bytes"}

Examples:
  cambium init my.txt
  cambium init ./texts --out mine.yaml
  cambium init stories.jsonl --field story`,
    )
    .action(run);
}

async function run(corpus: string, flags: Flags): Promise<void> {
  const out = resolve(flags.out);
  if (await exists(out))
    throw new CambiumError("E_EXISTS", "the recipe exists already and is left as it is", {
      where: flags.out,
      hint: "give another name: --out other.yaml",
    });
  const named = await exists(resolve(corpus));
  const source = await openText(undefined, named ? resolve(corpus) : corpus, flags);
  const { bytes } = await source.state();
  const name = flags.name ?? nameOf(corpus);
  const { field, format } = flags;
  const text = initRecipe({
    name,
    corpus: named ? fromFolder(dirname(out), resolve(corpus)) : corpus,
    bytes,
    reading: { ...(field !== undefined && { field }), ...(format !== undefined && { format }) },
  });
  // An invalid name or field is refused as `run` would refuse it.
  parseRecipe(text, flags.out);
  await writeFileAtomic(out, text);
  if (flags.json) return print(JSON.stringify({ recipe: out, name, bytes }));
  print(
    `Wrote ${flags.out}, for ${compact(bytes)}B of text.\n\n  cambium inspect ${flags.out}\n  cambium run ${flags.out}`,
  );
}

/** `path` relative to `folder`, in the form recipes use: a slash distinguishes a path from the name of a corpus. */
function fromFolder(folder: string, path: string): string {
  const steps = relative(folder, path).replaceAll("\\", "/") || ".";
  return /^(\.\.?(\/|$)|\/|\w:)/.test(steps) ? steps : `./${steps}`;
}

function nameOf(corpus: string): string {
  const word = basename(resolve(corpus))
    .replace(/\..*$/, "")
    .replace(/[^a-z0-9._-]+/gi, "-")
    .replace(/^[^a-z0-9]+/i, "");
  return word === "" ? "mine" : word;
}
