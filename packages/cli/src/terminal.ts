// Where the command writes for people. Names of tensors, arms, fields and files come from strangers, and a terminal obeys
// what it is sent: control characters are shown as the escapes that JSON has for them, so that `--json` stays JSON.

/** C0 but tab, line feed and the carriage return of a line's end; DEL and C1; what turns the direction of text. */
const control =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is shown
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\r(?!\n)/g;

/** The weights that `styleText` sets here: nothing of these hides or moves anything. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences begin with one
const weight = /(\u001b\[(?:1|2|22)m)/;

/** `text` as a terminal may be sent it: bold and dim stay, every other control character is spelled out. */
export function visible(text: string): string {
  return text
    .split(weight)
    .map((part, i) => (i % 2 === 1 ? part : part.replace(control, spelled)))
    .join("");
}

function spelled(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A result: a line to standard output. */
export function print(text: string): void {
  console.log(visible(text));
}

/** A mistake, a warning, progress: a line to standard error. */
export function complain(text: string): void {
  console.error(visible(text));
}
