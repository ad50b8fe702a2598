// Edits of single values in a JSON text; every other byte, spelling of numbers included, stays.
import type { JsonValue } from "@cambium/files";
import { type JsonPlace, type JsonTree, parseTree, treeText } from "./json-tree.js";

export interface JsonEdit {
  /** Keys from the root; array items are not addressed. */
  readonly path: readonly string[];
  /** The new value. */
  readonly value: { readonly json: JsonValue } | { readonly tree: JsonTree } | { readonly pick: readonly number[] };
  /** Whether a missing key is added; by default nothing changes then. */
  readonly add?: true;
}

/** Replaces the value at `path`, if there is one. */
export function put(path: readonly string[], json: JsonValue): JsonEdit {
  return { path, value: { json } };
}

/** Sets the value at `path`, adding the key if it is missing. */
export function set(path: readonly string[], json: JsonValue): JsonEdit {
  return { path, value: { json }, add: true };
}

/**
 * `text`, which must be valid but for bare NaN and Infinity, with the value at each path replaced: by a value, or by
 * the items that `pick` numbers of the array there, as they are spelled. An added key goes to the end of its
 * object.
 */
export function editJson(text: string, edits: readonly JsonEdit[]): string {
  const places = new Map<string, JsonPlace>();
  parseTree(text, (path, place) => places.set(JSON.stringify(path), place));
  const spans = edits.flatMap(({ path, value, add }) => {
    const there = places.get(JSON.stringify(path));
    if (there) return [{ ...there, written: written(text, there, value) }];
    const parent = places.get(JSON.stringify(path.slice(0, -1)));
    if (!add || parent?.tree.kind !== "object" || "pick" in value) return [];
    return [
      addition(text, parent, path.at(-1) as string, "json" in value ? jsonText(value.json) : treeText(value.tree)),
    ];
  });
  let out = "";
  let from = 0;
  for (const { start, end, written } of spans.sort((a, b) => a.start - b.start)) {
    out += text.slice(from, start) + written;
    from = end;
  }
  return out + text.slice(from);
}

function written(text: string, { start, end, tree }: JsonPlace, value: JsonEdit["value"]): string {
  if ("json" in value) return jsonText(value.json);
  if ("tree" in value) return treeText(value.tree);
  if (tree.kind !== "array") return text.slice(start, end);
  const items = value.pick.flatMap((index) => tree.items.slice(index, index + 1));
  const open = /^\[\s*/.exec(text.slice(start, end))?.[0] ?? "[";
  const close = /\s*\]$/.exec(text.slice(start, end))?.[0] ?? "]";
  return `${open}${items.map(treeText).join(open === "[" ? ", " : `,${open.slice(1)}`)}${close}`;
}

/** An added key, formatted as its neighbours are. */
function addition(text: string, { start, end, tree }: JsonPlace, key: string, value: string) {
  const inside = text.slice(start, end);
  const before = /^\{(\s*)/.exec(inside)?.[1] ?? "";
  const after = /(\s*)\}$/.exec(inside)?.[1] ?? "";
  const comma = tree.kind === "object" && tree.entries.length > 0 ? "," : "";
  const at = end - 1 - after.length;
  const space = comma === "" || before !== "" ? before : " ";
  return { start: at, end: at, written: `${comma}${space}${JSON.stringify(key)}: ${value}` };
}

function jsonText(value: JsonValue): string {
  return JSON.stringify(value)?.replaceAll('","', '", "');
}
