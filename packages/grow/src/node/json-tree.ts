// A JSON text as a tree whose leaves keep their spelling: 1e-05 stays 1e-05, and so do Python's NaN and Infinity.

export type JsonTree =
  | { readonly kind: "leaf"; readonly raw: string }
  | { readonly kind: "array"; readonly items: readonly JsonTree[] }
  | { readonly kind: "object"; readonly entries: readonly JsonEntry[] };

export interface JsonEntry {
  readonly key: string;
  readonly value: JsonTree;
}

/** Where a value of an object is in the text. */
export interface JsonPlace {
  readonly start: number;
  readonly end: number;
  readonly tree: JsonTree;
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+)/y;

/**
 * `text`, which must be valid but for bare NaN and Infinity.
 * @param found called for every value reached through objects alone
 */
export function parseTree(
  text: string,
  found: (path: readonly string[], place: JsonPlace) => void = () => undefined,
): JsonTree {
  let at = 0;
  const next = (): { word: string; start: number } => {
    TOKEN.lastIndex = at;
    const word = TOKEN.exec(text)?.[1] ?? "";
    const start = TOKEN.lastIndex - word.length;
    at = TOKEN.lastIndex;
    return { word, start };
  };
  const peek = (): string => {
    const before = at;
    const { word } = next();
    at = before;
    return word;
  };
  const value = (path: readonly string[] | undefined): JsonTree => {
    const { word, start } = next();
    let tree: JsonTree = { kind: "leaf", raw: word };
    if (word === "{" || word === "[") {
      const items: JsonTree[] = [];
      const entries: JsonEntry[] = [];
      for (let close = peek(); close !== "}" && close !== "]"; close = peek()) {
        if (close === ",") next();
        if (word === "[") items.push(value(undefined));
        else {
          const key = JSON.parse(next().word) as string;
          next();
          entries.push({ key, value: value(path && [...path, key]) });
        }
      }
      next();
      tree = word === "[" ? { kind: "array", items } : { kind: "object", entries };
    }
    if (path !== undefined) found(path, { start, end: at, tree });
    return tree;
  };
  return value([]);
}

/** The tree as JSON on one line. */
export function treeText(tree: JsonTree): string {
  if (tree.kind === "leaf") return tree.raw;
  if (tree.kind === "array") return `[${tree.items.map(treeText).join(", ")}]`;
  return `{${tree.entries.map(({ key, value }) => `${JSON.stringify(key)}: ${treeText(value)}`).join(", ")}}`;
}

/** The value of a string leaf; undefined for anything else. */
export function treeString(tree: JsonTree): string | undefined {
  return tree.kind === "leaf" && tree.raw.startsWith('"') ? (JSON.parse(tree.raw) as string) : undefined;
}

export function leafOf(value: string | number | boolean | null): JsonTree {
  return { kind: "leaf", raw: JSON.stringify(value) };
}
