// Strict UTF-8 in chunks: text, or the byte at which it stops being text.
import { isUtf8 } from "node:buffer";
import { CambiumError } from "@cambium/ir";

/** What to do with bytes that are not UTF-8: refuse them, or substitute U+FFFD. */
export type InvalidUtf8 = "error" | "replace";

const strict = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Whole sequences to text; in the mode `"error"`, bytes that are not UTF-8 are refused.
 * @param offset of `bytes` in the file `where`, for the error
 * @throws CambiumError `E_UTF8` with the byte offset in `where`.
 */
export function decodeUtf8(bytes: Uint8Array, where: string, offset: number, invalid: InvalidUtf8): string {
  if (invalid === "error" && !isUtf8(bytes)) {
    const at = firstInvalid(bytes);
    const shown = Buffer.from(bytes.subarray(at, at + 4))
      .toString("hex")
      .replace(/..(?=.)/g, "$& ");
    throw new CambiumError("E_UTF8", "this is not UTF-8 text", {
      where: `${where}, byte ${offset + at}`,
      got: `bytes ${shown}`,
      hint: "convert it, e.g. with iconv -f latin1 -t utf-8 FILE > FILE.txt",
    });
  }
  return strict.decode(bytes);
}

/** Decodes a stream of chunks cut anywhere, without its byte order mark. */
export class Utf8Stream {
  #held: Uint8Array = new Uint8Array(0);
  #offset = 0;

  constructor(
    readonly where: string,
    readonly invalid: InvalidUtf8,
  ) {}

  /** The text of `chunk` without a sequence cut at its end, which is kept for the next chunk. */
  push(chunk: Uint8Array): string {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const whole = completeLength(bytes);
    // A copy: the chunk's memory is the reader's.
    this.#held = bytes.slice(whole);
    return this.#decode(bytes.subarray(0, whole));
  }

  /** The text of what is left. */
  end(): string {
    const rest = this.#held;
    this.#held = new Uint8Array(0);
    return this.#decode(rest);
  }

  #decode(bytes: Uint8Array): string {
    const text = decodeUtf8(bytes, this.where, this.#offset, this.invalid);
    const atStart = this.#offset === 0;
    this.#offset += bytes.length;
    return atStart && text.startsWith("\uFEFF") ? text.slice(1) : text;
  }
}

/** The length of `bytes` without an unfinished sequence at the end. */
function completeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

/** Where the first invalid sequence begins; searched byte by byte, as this runs only once. */
function firstInvalid(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let start = 0;
  try {
    for (let i = 0; i < bytes.length; i++) {
      if (decoder.decode(bytes.subarray(i, i + 1), { stream: true }) !== "") start = i + 1;
    }
  } catch {
    return start;
  }
  return start;
}
