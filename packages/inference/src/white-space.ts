// White space as Python's `str.strip` and `\s` have it, which the evaluation harness's figures rest on. JavaScript's own
// leaves out U+001C–U+001F and U+0085 and has U+FEFF.

/** The inside of a character class. */
export const pythonWhiteSpace = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

const atStart = new RegExp(`^[${pythonWhiteSpace}]+`);
const atEnd = new RegExp(`[${pythonWhiteSpace}]+$`);

export function stripStart(text: string): string {
  return text.replace(atStart, "");
}

export function stripEnd(text: string): string {
  return text.replace(atEnd, "");
}

export function strip(text: string): string {
  return stripEnd(stripStart(text));
}
