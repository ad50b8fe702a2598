// All output for people goes through here. Names of tensors, arms, fields and files are untrusted, and a terminal obeys
// control characters, so these are printed as JSON escapes. `--json` output stays valid JSON.

/** C0 except tab, line feed and a carriage return before one; DEL and C1; characters that change text direction. */
const control =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is shown
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\r(?!\n)/g;

/** The sequences for bold and dim that `styleText` writes here; they hide and move nothing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences begin with one
const weight = /(\u001b\[(?:1|2|22)m)/;

/** `text` made safe for a terminal: bold and dim stay, every other control character is escaped. */
export function visible(text: string): string {
  return text
    .split(weight)
    .map((part, i) => (i % 2 === 1 ? part : part.replace(control, escaped)))
    .join("");
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Writes a result to standard output. */
export function print(text: string): void {
  console.log(visible(text));
}

/** Writes a mistake, a warning or progress to standard error. */
export function complain(text: string): void {
  console.error(visible(text));
}
