// JSON Lines: each line an object, one field of it a document.
import { basename, resolve } from "node:path";
import { CambiumError } from "@cambium/ir";
import { documentPassages } from "./cut.js";
import { filesState, hashFiles, isFolder, readChunks } from "./files.js";
import { PASSAGE_CHARS, type Source } from "./source.js";
import { decodeUtf8, type InvalidUtf8 } from "./utf8.js";

export interface JsonlOptions {
  /** The field that holds the text. Default `text`. */
  readonly field?: string;
  readonly invalidUtf8?: InvalidUtf8;
  /** Longer lines are refused, so that memory stays bounded. Default 64 MiB. */
  readonly maxLineBytes?: number;
}

/**
 * The documents of a JSON Lines file, one a line. Empty lines and empty texts are passed over; an unpaired surrogate
 * (which JSON can spell and UTF-8 cannot) becomes U+FFFD.
 * @throws CambiumError `E_NOT_FOUND`, `E_NOT_A_FILE`; while reading `E_JSONL_SYNTAX`, `E_JSONL_FIELD`,
 * `E_JSONL_LINE_LENGTH` at `file:line`, `E_UTF8` at the byte.
 */
export async function jsonlSource(path: string, options: JsonlOptions = {}): Promise<Source> {
  const { field = "text", invalidUtf8 = "error", maxLineBytes = 64 * 1024 * 1024 } = options;
  if (await isFolder(path)) {
    throw new CambiumError("E_NOT_A_FILE", "a folder stands where a JSON Lines file is expected", { where: path });
  }
  const file = resolve(path);
  const identity = { kind: "jsonl", field, invalidUtf8, passageChars: PASSAGE_CHARS };
  return {
    name: path,
    state: () => filesState([file], identity, path),
    fingerprint: (onBytes) => hashFiles([file], identity, onBytes),
    async *passages() {
      for await (const line of lines(file, maxLineBytes)) {
        const json = decodeUtf8(line.bytes, path, line.offset, invalidUtf8);
        const text = documentText(
          line.offset === 0 ? json.replace(/^\uFEFF/, "") : json,
          field,
          `${path}:${line.number}`,
        );
        yield* documentPassages(`${basename(path)}:${line.number}`, text, line.offset + line.bytes.length);
      }
    },
  };
}

/** The text of one line; empty for an empty line. */
function documentText(line: string, field: string, where: string): string {
  if (line.trim() === "") return "";
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new CambiumError("E_JSONL_SYNTAX", "this line is not JSON", { where, got: quote(line), cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CambiumError("E_JSONL_FIELD", "this line is not an object", {
      where,
      expected: `{ ${JSON.stringify(field)}: … }`,
      got: quote(line),
    });
  }
  const text: unknown = Object.hasOwn(value, field) ? (value as Record<string, unknown>)[field] : undefined;
  if (typeof text !== "string") {
    const strings = Object.entries(value).filter(([, held]) => typeof held === "string");
    throw new CambiumError("E_JSONL_FIELD", `this line has no text in its field "${field}"`, {
      where,
      expected: "a string",
      got: text === undefined ? `the fields ${quote(Object.keys(value).join(", "))}` : quote(JSON.stringify(text)),
      ...(strings.length === 0
        ? {}
        : {
            hint: `say field: ${strings
              .map(([key]) => quote(key))
              .slice(0, 5)
              .join(" or ")}`,
          }),
    });
  }
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

interface Line {
  /** From 1. */
  readonly number: number;
  /** Of the first byte in the file. */
  readonly offset: number;
  /** Without the line feed. */
  readonly bytes: Uint8Array;
}

/** The lines of a file; only the line under way is held. */
async function* lines(path: string, maxBytes: number): AsyncGenerator<Line> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let number = 1;
  let offset = 0;
  const hold = (bytes: Uint8Array): void => {
    heldBytes += bytes.length;
    if (heldBytes > maxBytes) {
      throw new CambiumError("E_JSONL_LINE_LENGTH", "this line is too long", {
        where: `${path}:${number}`,
        expected: `at most ${maxBytes} bytes`,
        hint: "is this one document a line? Raise maxLineBytes if it is",
      });
    }
    held.push(bytes);
  };
  const take = (): Line => {
    const line = { number, offset, bytes: Buffer.concat(held) };
    number++;
    offset += heldBytes + 1;
    held = [];
    heldBytes = 0;
    return line;
  };
  for await (const chunk of readChunks(path)) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      hold(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < chunk.length) hold(chunk.slice(start));
  }
  if (heldBytes > 0) yield take();
}
