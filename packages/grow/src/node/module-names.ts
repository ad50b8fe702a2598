// Names of modules in a quantisation config, as list items and as keys, plain or as patterns: what holds for a layer's
// modules must hold for its copies'.
import type { ReasonList } from "@cambium/files";
import { type JsonEntry, type JsonTree, leafOf, treeString, treeText } from "./json-tree.js";
import { findPattern, type Language, type Module } from "./module-patterns.js";
import { layerOf } from "./stack.js";

export interface Renaming {
  readonly layers: readonly number[];
  /** The prefix of the layer number in the names of the layers that grow; undefined for any. */
  readonly stack: string | undefined;
  /** Modules of all layers, as far as tensors show them. */
  readonly modules: readonly Module[];
  readonly reasons: ReasonList;
  /** How patterns are read. */
  readonly language: Language;
}

/** A plain name with its layer's number; patterns have signs that names do not. */
const PLAIN = /^(?<before>(?:[\w-]+\.)*layers\.)(?<layer>\d+)(?<after>(?:\.[\w-]+)*)$/;

/** The modules that tensors of these names belong to. */
export function modulesOf(names: Iterable<string>): Module[] {
  const found = new Map<string, Module>();
  for (const name of names) {
    const at = layerOf(name);
    if (!at) continue;
    const rest = name.slice(at.prefix.length + `${at.layer}`.length).replace(/\.[^.]*$/, "");
    found.set(`${at.prefix}${at.layer}${rest}`, { ...at, rest });
  }
  return [...found.values()];
}

/** `tree`, which is at `where`, with such names replaced everywhere. */
export function growModules(tree: JsonTree, where: string, renaming: Renaming): JsonTree {
  if (tree.kind === "leaf") {
    const name = treeString(tree);
    const copies = name === undefined ? undefined : namesOf(name, where, renaming);
    if (copies && (copies.length !== 1 || copies[0] !== name)) {
      renaming.reasons.add({ where, message: "names a layer where only one name can stand", got: name as string });
    }
    return tree;
  }
  if (tree.kind === "array") {
    const items = tree.items.flatMap((item) => {
      const name = treeString(item);
      if (name === undefined) return [growModules(item, where, renaming)];
      return namesOf(name, where, renaming)?.map(leafOf) ?? [item];
    });
    return { kind: "array", items };
  }
  const entries = tree.entries.flatMap(({ key, value }): JsonEntry[] => {
    const grown = growModules(value, `${where}.${key}`, renaming);
    return (namesOf(key, where, renaming) ?? [key]).map((name) => ({ key: name, value: grown }));
  });
  return { kind: "object", entries };
}

/** The names that replace `name` after growth; undefined if it stays. */
function namesOf(name: string, where: string, renaming: Renaming): string[] | undefined {
  const { before, layer, after } = PLAIN.exec(name)?.groups ?? {};
  if (before !== undefined && renaming.language !== "search") {
    if (!growsAt(before, renaming)) return undefined;
    return renaming.layers.flatMap((from, to) => (from === Number(layer) ? [`${before}${to}${after}`] : []));
  }
  // A pattern may mean layers without the word: `.*\.0\..*`.
  const means = name.includes("layers") || /^(?:re:|[-+]:)|[*[(|]/.test(name);
  if (!means || !/\d/.test(name)) return undefined;
  const { reasons, ...growth } = renaming;
  const found = findPattern(name, growth);
  if (found !== "none") return found;
  reasons.add({
    where,
    message: "no pattern was found that means the copies of the layers which this one means",
    got: name,
    hint: "list the modules by their names instead",
  });
  return undefined;
}

/** Whether the layers with the prefix `before` grow: names in a config may have other prefixes than the tensors. */
function growsAt(before: string, { stack, modules }: Renaming): boolean {
  if (stack === undefined) return true;
  const likeness = (prefix: string): number => {
    const [a, b] = [before.split("."), prefix.split(".")];
    let same = 0;
    while (same < Math.min(a.length, b.length) && a.at(-1 - same) === b.at(-1 - same)) same += 1;
    return same * 100 + b.filter((word) => a.includes(word)).length;
  };
  const others = new Set(modules.map(({ prefix }) => prefix).filter((prefix) => prefix !== stack));
  return [...others].every((prefix) => likeness(prefix) <= likeness(stack));
}

/** Whether growth changed anything. */
export function changed(before: JsonTree, after: JsonTree): boolean {
  return treeText(before) !== treeText(after);
}
