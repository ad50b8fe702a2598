// Files beside the weights that say module by module how they are quantised, as config.json does: they are renumbered,
// too.
import type { BesideFile, ModelDirectory } from "@cambium/checkpoint";
import { isJsonObject, parsePythonJson, ReasonList, readTextFile } from "@cambium/files";
import { renamingOf } from "./config.js";
import { editJson } from "./json-edit.js";
import { parseTree } from "./json-tree.js";
import { changed, growModules } from "./module-names.js";
import type { Prepared } from "./prepare.js";

/** The files of ModelOpt, whose patterns are globs, and of GPTQ, AWQ and AutoRound. */
const FILE = /^(?:hf_quant_config|quantize_config|quant_config|quantization_config)\.json$/;

/** The new texts of such files, by the path of the source's; only those that change. @throws `E_GROWTH_REFUSED` */
export async function layerFiles(
  source: ModelDirectory,
  { layers }: Prepared,
  companions: readonly BesideFile[],
): Promise<ReadonlyMap<string, string>> {
  const grown = new Map<string, string>();
  if (layers.some(({ length }) => length !== 1)) return grown;
  const reasons = new ReasonList();
  for (const { name, from } of companions.filter(({ name }) => FILE.test(name))) {
    const text = await readTextFile(from);
    if (!isJsonObject(parsePythonJson(text, from))) continue;
    const renaming = renamingOf(source.configJson, layers.flat(), [...source.tensors.keys()], reasons);
    const language = name.startsWith("hf_") ? "glob" : "match";
    const tree = parseTree(text);
    const entries = tree.kind === "object" ? tree.entries : [];
    const edits = entries.flatMap(({ key, value }) => {
      const after = growModules(value, `${name}: ${key}`, { ...renaming, language });
      return changed(value, after) ? [{ path: [key], value: { tree: after } }] : [];
    });
    if (edits.length > 0) grown.set(from, editJson(text, edits));
  }
  reasons.throwIfAny("E_GROWTH_REFUSED", "this model cannot be grown this way", { where: source.path });
  return grown;
}
