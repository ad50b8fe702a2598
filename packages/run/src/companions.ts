// The files that go with each model a run writes, so that `cambium generate` and `transformers` can use it: the
// tokenizer it was trained with and, of a checkpoint it began with, licence and generation config.
import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type ExtraFile, tokenizerFiles } from "@cambium/checkpoint";
import { withFileErrors } from "@cambium/files";
import type { Checkpoint } from "./checkpoint-start.js";

/** The files for the models that are trained with the tokenizer `spec`. */
export async function companionFiles(
  spec: string,
  projectDir: string,
  checkpoint: Checkpoint | undefined,
): Promise<ExtraFile[]> {
  const kept = (checkpoint?.files ?? []).filter(({ name }) => !tokenizerFiles.includes(name));
  if (spec === "bytes") return kept;
  const path = resolve(projectDir, spec);
  const folder = (await withFileErrors(path, () => stat(path))).isDirectory() ? path : dirname(path);
  const beside = await Promise.all(
    tokenizerFiles.map(async (name) => {
      // A file given by name is the tokenizer, whatever it is called.
      const from = name === "tokenizer.json" && folder !== path ? path : join(folder, name);
      return (await isFile(from)) ? [{ name, from }] : [];
    }),
  );
  return [...kept, ...beside.flat()];
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}
