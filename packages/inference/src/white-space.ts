// White space as in Python's `str.strip` and `\s`, which the evaluation harness uses. JavaScript's lacks U+001C–U+001F
// and U+0085 and includes U+FEFF.

/** The inside of a regular expression's character class. */
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
