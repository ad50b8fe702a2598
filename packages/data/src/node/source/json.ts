// A .json file: one list of documents, or JSON lines in a file named .json.
import { lines } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { documentPieces } from "./cut.js";
import { askedText, quote, spelled } from "./field.js";
import { readJsonl, withoutMark } from "./jsonl.js";
import type { FormatReader, Piece, ReadOptions } from "./reader.js";
import { TextBytes } from "./text-bytes.js";
import { decodeUtf8 } from "./utf8.js";

/** A list is read whole into memory. */
const largestListBytes = 256 * 1024 * 1024;

/**
 * The documents of a list of objects or texts, else of JSON lines. Empty texts are skipped.
 * @throws CambiumError `E_CORPUS_FORMAT` for any other JSON and for a list that is too large; `E_CORPUS_FIELD` at the
 * document; the errors of `readJsonl`.
 */
export const readJson: FormatReader = async function* (file, bytes, options) {
  if (await beginsWithObject(file.path, options.maxLineBytes)) {
    yield* readJsonl(file, bytes, options);
    return;
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes.chunks()) {
    size += chunk.length;
    if (size > largestListBytes) throw refused(file.path, `more than ${largestListBytes} bytes`, linesHint("."));
    parts.push(chunk.slice());
  }
  const text = withoutMark(decodeUtf8(Buffer.concat(parts), file.path, 0, options.invalidUtf8));
  yield* listPieces(text, file, options);
};

function* listPieces(
  text: string,
  { name, path }: Parameters<FormatReader>[0],
  options: ReadOptions,
): Generator<Piece> {
  if (text.trim() === "") return;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CambiumError("E_CORPUS_FORMAT", "this file is not JSON", {
      where: path,
      got: (cause as Error).message,
      hint: "set format: jsonl for an object a line, or format: text to take it as it stands",
      cause,
    });
  }
  if (!Array.isArray(value)) throw refused(path, kindOf(value), linesHint(listIn(value)));
  for (const [index, one] of value.entries()) {
    const where = `${path}, document ${index}`;
    const listed = typeof one === "string" && Object.keys(options.only).length === 0;
    const found = listed
      ? one.replace(/\p{Surrogate}/gu, "\uFFFD")
      : (askedText(one, options, "document", where) ?? "");
    if (typeof found !== "string") throw new CambiumError("E_CORPUS_FIELD", found.message, found.details);
    yield* documentPieces(`${name}[${index}]`, found);
  }
}

/** Whether the first line that is not empty is a complete object, as in JSON lines. */
async function beginsWithObject(path: string, maxLineBytes: number): Promise<boolean> {
  for await (const { bytes } of lines(new TextBytes(path), maxLineBytes)) {
    const line = withoutMark(Buffer.from(bytes).toString("utf8")).trim();
    if (line === "") continue;
    if (!line.startsWith("{")) return false;
    try {
      return typeof JSON.parse(line) === "object";
    } catch {
      return false;
    }
  }
  return false;
}

function refused(where: string, got: string, hint: string): CambiumError {
  return new CambiumError("E_CORPUS_FORMAT", "this JSON is not a list of documents", {
    where,
    expected: "a list of objects or of texts",
    got,
    hint,
  });
}

function kindOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return quote(spelled(value));
  return `one object with the fields ${quote(Object.keys(value).join(", "))}`;
}

/** The path of the list in an object that has exactly one. */
function listIn(value: unknown): string {
  const lists = Object.entries(value ?? {}).filter(([, held]) => Array.isArray(held));
  return lists.length === 1 ? `.${JSON.stringify(lists[0]?.[0])}` : ".";
}

function linesHint(path: string): string {
  return `write its documents as JSON lines: jq -c '${path}[]' FILE > FILE.jsonl`;
}
