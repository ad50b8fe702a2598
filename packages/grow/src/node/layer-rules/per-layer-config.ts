// `per_layer_config`: overrides for single layers, by the layer's number as a string.
import { set } from "../json-edit.js";
import { type JsonTree, treeText } from "../json-tree.js";
import { type Growing, refuse } from "./growing.js";

/** @param tree the value of `per_layer_config` */
export function growPerLayerConfig(growing: Growing, tree: JsonTree | undefined): void {
  const { path, layers, edits } = growing;
  if (tree?.kind !== "object") return;
  if (tree.entries.some(({ key }) => !/^\d+$/.test(key))) {
    refuse(growing, "per_layer_config", "its keys are not all layer numbers");
    return;
  }
  const width =
    tree.entries.some(({ key }) => /^0\d/.test(key)) || layers.length > 10 ? `${layers.length - 1}`.length : 1;
  const entries = layers.flatMap((from, to) =>
    tree.entries
      .filter(({ key }) => Number(key) === from)
      .map(({ value }) => ({ key: `${to}`.padStart(width, "0"), value })),
  );
  if (treeText(tree) === treeText({ kind: "object", entries })) return;
  edits.push({ ...set([...path, "per_layer_config"], null), value: { tree: { kind: "object", entries } } });
}
