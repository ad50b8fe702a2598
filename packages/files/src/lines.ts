// The lines of a file as bytes. Only the current line is in memory.
import { CambiumError } from "@cambium/ir";

/** A file that is read once, from its start. */
export interface ByteChunks {
  /** The path for messages. */
  readonly path: string;
  chunks(): AsyncIterable<Uint8Array>;
}

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Offset of its first byte in the file. */
  readonly offset: number;
  /** Its bytes, without the line feed. */
  readonly bytes: Uint8Array;
}

/** @throws CambiumError `E_JSONL_LINE_LENGTH` for a line longer than `maxBytes`. */
export async function* lines(file: ByteChunks, maxBytes: number): AsyncGenerator<Line> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let number = 1;
  let offset = 0;
  const hold = (bytes: Uint8Array): void => {
    heldBytes += bytes.length;
    if (heldBytes > maxBytes) {
      throw new CambiumError("E_JSONL_LINE_LENGTH", "this line is too long", {
        where: `${file.path}:${number}`,
        expected: `at most ${maxBytes} bytes`,
        hint: "the file needs one document per line; split documents that are longer",
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
  for await (const chunk of file.chunks()) {
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
