// JSON Lines: each line an object, one field of it a document.
import { lines } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { documentPieces } from "./cut.js";
import { askedText, quote } from "./field.js";
import type { FormatReader, ReadOptions } from "./reader.js";
import { decodeUtf8 } from "./utf8.js";

/**
 * Empty lines and empty texts are skipped.
 * @throws CambiumError `E_JSONL_SYNTAX`, `E_JSONL_FIELD`, `E_JSONL_LINE_LENGTH` at `file:line`, `E_UTF8` at the byte.
 */
export const readJsonl: FormatReader = async function* (file, bytes, options) {
  const { invalidUtf8, maxLineBytes } = options;
  for await (const line of lines(bytes, maxLineBytes)) {
    const json = decodeUtf8(line.bytes, file.path, line.offset, invalidUtf8);
    const text = documentText(line.offset === 0 ? withoutMark(json) : json, options, `${file.path}:${line.number}`);
    yield* documentPieces(`${file.name}:${line.number}`, text);
  }
};

export function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, "");
}

/** The text of one line; empty for an empty line, and for one that is not selected. */
function documentText(line: string, options: ReadOptions, where: string): string {
  if (line.trim() === "") return "";
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    const hint = /^\s*\[/.test(line) ? "set format: json for a file that is one list" : undefined;
    const details = { where, got: quote(line), cause, ...(hint !== undefined && { hint }) };
    throw new CambiumError("E_JSONL_SYNTAX", "this line is not JSON", details);
  }
  const text = askedText(value, options, "line", where) ?? "";
  if (typeof text === "string") return text;
  throw new CambiumError("E_JSONL_FIELD", text.message, text.details);
}
