// Patterns that Python's tokenizers of today reads otherwise than its build in WebAssembly, whose Oniguruma is older:
// `[:punct:]` has meant signs such as $ + < = > | ~ too since Oniguruma 6.9.9. They are spelled so that both read the same.

/** `part` of a tokenizer.json with every `{ "Regex": … }` in it so spelled. */
export function patternsOfToday(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(patternsOfToday);
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [
      key,
      key === "Regex" && typeof value === "string" ? patternOfToday(value) : patternsOfToday(value),
    ]),
  );
}

const punctuation = { "[:punct:]": "\\p{P}\\p{S}", "[:^punct:]": "[^\\p{P}\\p{S}]" };

/** Only within brackets is it a class by name; elsewhere these are letters in brackets of their own. */
function patternOfToday(pattern: string): string {
  let out = "";
  let depth = 0;
  for (let at = 0; at < pattern.length; ) {
    const named = depth === 0 ? undefined : Object.entries(punctuation).find(([name]) => pattern.startsWith(name, at));
    const taken = named?.[0] ?? (pattern[at] === "\\" ? pattern.slice(at, at + 2) : (pattern[at] as string));
    if (taken === "[") depth += 1;
    else if (taken === "]" && depth > 0 && !isFirst(pattern, at)) depth -= 1;
    out += named?.[1] ?? taken;
    at += taken.length;
  }
  return out;
}

/** A bracket that closes right behind the opening one is a letter. */
function isFirst(pattern: string, at: number): boolean {
  return pattern[at - 1] === "[" || (pattern[at - 1] === "^" && pattern[at - 2] === "[");
}

/**
 * Whether a regular expression repeats a group, or more than two things in one alternative, without bound: these can
 * take exponential time, or a high power of the text's length. Published tokenizers have no such pattern.
 */
export function mayNotEnd(pattern: string): boolean {
  const bare = pattern.replace(/\\./g, "x").replace(/\[\^?\]?[^\]]*\]/g, "x");
  if (/\)(?:[+*]|\{\d*,?\d*\})/.test(bare)) return true;
  return bare.split("|").some((part) => (part.match(/[+*](?!\+)|\{\d*,\}/g) ?? []).length > 2);
}
