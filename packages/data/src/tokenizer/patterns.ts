// Regular expressions: a text as one, and those that may search without end.

/** As a regular expression finds it; with the flag `u`, which takes no other escapes. */
export function spelledOut(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
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
