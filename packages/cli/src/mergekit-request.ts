// --mergekit: turns a passthrough file into the operator, options and source of a growth.
import { stat } from "node:fs/promises";
import { readTextFile } from "@cambium/files";
import { dtypesOf, modelOf, parseMergekit, passthrough } from "@cambium/grow/mergekit";
import { CambiumError } from "@cambium/ir";
import type { OperatorFlags } from "./grow-request.js";

/**
 * @throws CambiumError `E_MERGEKIT` for a file that growth cannot carry out, `E_OPTION` for flags that repeat what the
 * file sets, `E_NOT_FOUND` for a model that is not a local folder, file errors
 */
export async function mergekitRequest(file: string, flags: OperatorFlags & { readonly dtype?: string }) {
  const { operator, factor, layers, set, dtype } = flags;
  const twice = Object.entries({ operator, factor, layers, set, dtype }).filter(([, value]) => value !== undefined);
  if (twice.length > 0) {
    const got = twice.map(([flag]) => `--${flag}`).join(", ");
    throw new CambiumError("E_OPTION", "the mergekit file already sets this", { expected: "--mergekit alone", got });
  }
  const config = parseMergekit(await readTextFile(file), file);
  const model = modelOf(config);
  if (!(await stat(model).catch(() => undefined))?.isDirectory()) {
    throw new CambiumError("E_NOT_FOUND", "the model that the mergekit file names is not here", {
      ...{ where: file, expected: "a folder, from the working directory", got: model },
      hint: "nothing is downloaded: fetch the model, and write its folder into the file",
    });
  }
  return { operator: passthrough, options: config, model, dtypes: dtypesOf(config) };
}
