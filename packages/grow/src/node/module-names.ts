// Names of modules in a quantisation config, as list items and as keys, plain or as patterns: what is said of a layer's
// modules is said of its copies'.
import type { ReasonList } from "@cambium/files";
import { type JsonEntry, type JsonTree, leafOf, treeString, treeText } from "./json-tree.js";

export interface Renaming {
  readonly layers: readonly number[];
  /** Modules of the source's layers, as far as tensors show them: what stands before and after the number. */
  readonly modules: readonly { readonly prefix: string; readonly layer: number; readonly rest: string }[];
  readonly reasons: ReasonList;
}

/** A plain name with its layer's number; patterns have signs that names do not. */
const PLAIN = /^(?<before>(?:[\w-]+\.)*layers\.)(?<layer>\d+)(?<after>(?:\.[\w-]+)*)$/;

/** The number, or the group of numbers, of a pattern: what stands behind `layers.` up to the next dot or the end. */
const GROUP = /(?<=layers(?:\\\.|\[\.\]|\.))(?<group>\d+|\((?:\?:)?[\d|]+\)|\[[\d-]+\]\+?|\\d\+?)/;

/** Those names anywhere in `tree`, which stands at `where`. */
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

/** What stands for a name after growth; undefined for one in which no layer is named. */
function namesOf(name: string, where: string, renaming: Renaming): string[] | undefined {
  const { before, layer, after } = PLAIN.exec(name)?.groups ?? {};
  if (layer !== undefined) {
    return renaming.layers.flatMap((from, to) => (from === Number(layer) ? [`${before}${to}${after}`] : []));
  }
  if (!name.includes("layers") || !/\d/.test(name)) return undefined;
  return patternOf(name, where, renaming);
}

/** A pattern that matches the copies of what `name` matched; a reason where none was found. */
function patternOf(name: string, where: string, { layers, modules, reasons }: Renaming): string[] | undefined {
  const [, sign = "", pattern = ""] = /^(re:|[-+]:)?(.*)$/s.exec(name) ?? [];
  const matched = matcher(pattern);
  const at = (module: (typeof modules)[number], layer: number) => `${module.prefix}${layer}${module.rest}`;
  const fits = (candidate: RegExp | undefined) =>
    matched !== undefined &&
    candidate !== undefined &&
    layers.every((from, to) =>
      modules.every(
        (module) => module.layer !== from || candidate.test(at(module, to)) === matched.test(at(module, from)),
      ),
    );
  if (fits(matched)) return undefined;
  const sources = new Set(
    modules.filter((module) => matched?.test(at(module, module.layer))).map(({ layer }) => layer),
  );
  const targets = layers.flatMap((from, to) => (sources.has(from) ? [to] : []));
  if (matched !== undefined && targets.length === 0) return [];
  const moved = pattern.replace(GROUP, `(?:${targets.join("|")})(?![0-9])`);
  if (fits(matcher(moved))) return [`${sign}${moved}`];
  reasons.add({
    where,
    message: "no pattern was found that means the copies of the layers which this one means",
    got: name,
    hint: "list the modules by their names instead",
  });
  return undefined;
}

/** As Python's `re.match`; undefined where JavaScript reads the pattern otherwise, or not at all. */
function matcher(pattern: string): RegExp | undefined {
  if (/\(\?[^:=!<]|\\[AZz]/.test(pattern)) return undefined;
  try {
    return new RegExp(`^(?:${pattern})`);
  } catch {
    return undefined;
  }
}

/** Whether growth changed anything. */
export function changed(before: JsonTree, after: JsonTree): boolean {
  return treeText(before) !== treeText(after);
}
