// Edits of single values in a JSON text; every other byte, spelling of numbers included, stays.
import type { JsonValue } from "@cambium/files";

export interface JsonEdit {
  /** Keys from the root; array items are not addressed. */
  readonly path: readonly string[];
  readonly value: JsonValue;
}

/** `text`, which must be valid JSON, with the value at each path replaced. A path that is not there changes nothing. */
export function editJson(text: string, edits: readonly JsonEdit[]): string {
  const wanted = new Map(edits.map(({ path, value }) => [JSON.stringify(path), value]));
  const spans: { start: number; end: number; value: JsonValue }[] = [];
  scan(text, (path, start, end) => {
    const value = wanted.get(JSON.stringify(path));
    if (value !== undefined) spans.push({ start, end, value });
  });
  let out = "";
  let from = 0;
  for (const { start, end, value } of spans.sort((a, b) => a.start - b.start)) {
    out += text.slice(from, start) + JSON.stringify(value);
    from = end;
  }
  return out + text.slice(from);
}

/** Tells of every value that only objects lead to. */
function scan(text: string, found: (path: readonly string[], start: number, end: number) => void): void {
  let at = 0;
  const token = /\s*("(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+)/y;
  const next = (): { word: string; start: number } => {
    token.lastIndex = at;
    const word = token.exec(text)?.[1] ?? "";
    const start = token.lastIndex - word.length;
    at = token.lastIndex;
    return { word, start };
  };
  const value = (path: readonly string[] | undefined): void => {
    const { word, start } = next();
    if (word === "{" || word === "[") {
      for (let close = peek(); close !== "}" && close !== "]"; close = peek()) {
        if (close === ",") next();
        if (word === "[") value(undefined);
        else {
          const key = JSON.parse(next().word) as string;
          next();
          value(path && [...path, key]);
        }
      }
      next();
    }
    if (path !== undefined) found(path, start, at);
  };
  const peek = (): string => {
    const before = at;
    const { word } = next();
    at = before;
    return word;
  };
  value([]);
}
