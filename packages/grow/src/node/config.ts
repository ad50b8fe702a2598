// config.json of a model whose layers are copies of another's: what it says about a layer, or leaves to the model's
// code to derive from the layer's number, must hold for its copies, or the growth is refused.
import { isJsonObject, type JsonObject, type JsonValue, quote, ReasonList } from "@cambium/files";
import { editJson, put } from "./json-edit.js";
import { type JsonTree, parseTree } from "./json-tree.js";
import { growByName } from "./layer-rules/by-name.js";
import { refuseFixed } from "./layer-rules/fixed.js";
import { types } from "./layer-rules/generated/transformers.js";
import { type Findings, type Growing, isPlaced } from "./layer-rules/growing.js";
import { growLists } from "./layer-rules/lists.js";
import { growNumbers } from "./layer-rules/numbers.js";
import { growPerLayerConfig } from "./layer-rules/per-layer-config.js";
import type { TypeRules } from "./layer-rules/rules.js";
import { changed, growModules, modulesOf, type Renaming } from "./module-names.js";
import { languageOf } from "./module-patterns.js";
import { decoderParts, findStack, layerCount, layerOf } from "./stack.js";

export interface GrownConfig {
  readonly text: string;
  /** What was not checked, a sentence each. */
  readonly warnings: readonly string[];
  readonly reasons: ReasonList;
}

/**
 * The text of config.json after growth in depth.
 * @param layers for each target layer the base layer it copies
 * @param names names of the source's tensors
 * @param left names of tensors that are left out
 */
export function growConfig(
  text: string,
  config: JsonObject,
  layers: readonly number[],
  names: Iterable<string>,
  left: readonly string[] = [],
): GrownConfig {
  const findings: Findings = { edits: [], reasons: new ReasonList(), warnings: [] };
  const count = layerCount(config) ?? layers.length;
  if (!isPlaced(count, layers)) return { ...findings, text };
  const trees = new Map<string, JsonTree>();
  parseTree(text, (path, { tree }) => trees.set(path.join("."), tree));
  for (const { path, part } of decoderParts(config)) {
    growPart({ ...findings, part, path, count, layers, entered: enteredIn(config) }, config, trees);
    const behind = left.some((name) => (layerOf(name)?.layer ?? -1) >= count);
    if (behind && part.num_nextn_predict_layers) findings.edits.push(put([...path, "num_nextn_predict_layers"], 0));
  }
  const renaming = renamingOf(config, layers, [...names], findings.reasons);
  for (const path of quantisations(config)) growQuantisation(path, trees, renaming, findings);
  if (isJsonObject(config.auto_map))
    findings.warnings.push("config.json refers to its own code (auto_map), which was not read");
  return { text: editJson(text, findings.edits), warnings: [...new Set(findings.warnings)], reasons: findings.reasons };
}

function growPart(growing: Growing, config: JsonObject, trees: ReadonlyMap<string, JsonTree>): void {
  const { part, path, count, layers, edits, reasons } = growing;
  const { num_hidden_layers: stated } = part;
  if (stated === count) edits.push(put([...path, "num_hidden_layers"], layers.length));
  else if (stated !== undefined) {
    const where = `config.json: ${[...path, "num_hidden_layers"].join(".")}`;
    reasons.add({
      where,
      message: "another part of config.json has another number",
      expected: `${count}`,
      got: quote(stated),
    });
  }
  const type = typeOf(config, part);
  const rules = type === undefined ? undefined : rulesOf(type);
  const seen = new Set<string>();
  if (rules) {
    for (const field of [...growLists(growing, rules), ...growNumbers(growing, rules)])
      seen.add(field.split(".")[0] as string);
    refuseFixed(growing, type as string, rules);
  }
  growPerLayerConfig(growing, trees.get([...path, "per_layer_config"].join(".")));
  growByName(growing, seen, type, rules !== undefined);
}

/** How many of the first layers get features of images: one for each layer of the image encoder that is named. */
function enteredIn({ vision_config: vision }: JsonObject): number | undefined {
  const { deepstack_visual_indexes: from } = isJsonObject(vision) ? vision : {};
  return Array.isArray(from) ? from.length : undefined;
}

/** The model type whose rules hold for a part: its own, or that of the whole config. */
function typeOf(config: JsonObject, part: JsonObject): string | undefined {
  const own = part.model_type ?? config.model_type;
  return typeof own === "string" ? own : undefined;
}

/** The rules of a type; those of a composite are its text part's. */
function rulesOf(type: string): TypeRules | undefined {
  const rules = Object.hasOwn(types, type) ? types[type] : undefined;
  return rules?.text === undefined || rules.text === type ? rules : rulesOf(rules.text);
}

/** Fields that name modules: `quantization_config`, MLX's `quantization`, `compression_config`, `sparsity_config`. */
export function quantisations(config: JsonObject): string[][] {
  const at = (part: JsonValue | undefined, path: readonly string[]) =>
    isJsonObject(part)
      ? Object.keys(part).flatMap((key) =>
          /quant|compress|spars/i.test(key) && isJsonObject(part[key]) ? [[...path, key]] : [],
        )
      : [];
  return [...at(config, []), ...at(config.text_config, ["text_config"])];
}

/** How a growth renumbers layers, in config.json and in the files beside it. */
export function renamingOf(
  config: JsonObject,
  layers: readonly number[],
  names: readonly string[],
  reasons: ReasonList,
): Renaming {
  const { quantization_config: stated } = config;
  return {
    ...{ layers, reasons, modules: modulesOf(names) },
    stack: findStack(names, config, new ReasonList())?.prefix,
    language: languageOf(isJsonObject(stated) ? stated.quant_method : undefined),
  };
}

function growQuantisation(
  path: readonly string[],
  trees: ReadonlyMap<string, JsonTree>,
  renaming: Renaming,
  { edits }: Findings,
): void {
  const tree = trees.get(path.join("."));
  if (tree === undefined) return;
  const grown = growModules(tree, `config.json: ${path.join(".")}`, renaming);
  if (changed(tree, grown)) edits.push({ path, value: { tree: grown } });
}
