// Token files of other projects: litgpt's and TinyLlama's packed data, and nanoGPT's. Little-endian, only ids.
//
//   litgpt   "LITPKDS", u64 version 1, u8 type of the ids, u64 ids of a chunk; then chunks. A data set is many files.
//   nanogpt  u16 ids, nothing else. Its files are known by the ending .bin, and by not being text.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { toFileError } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { checkRange, type TokenReader } from "../../tokens.js";
import { kindBySignature } from "../source/format.js";

export const packedMagic = "LITPKDS";
export const packedHeader = 24;

/** Types of ids by their number in the header. Floats are not ids. */
const idTypes: Readonly<Record<number, { readonly name: string; readonly bytes: number }>> = {
  1: { name: "u8", bytes: 1 },
  2: { name: "i8", bytes: 1 },
  3: { name: "i16", bytes: 2 },
  4: { name: "i32", bytes: 4 },
  5: { name: "i64", bytes: 8 },
  8: { name: "u16", bytes: 2 },
};

export const packedFormats = ["litgpt", "nanogpt"] as const;
export type PackedFormat = (typeof packedFormats)[number];

/** One such file, open. */
export class PackedFile implements TokenReader {
  #open = true;

  private constructor(
    readonly path: string,
    readonly format: PackedFormat,
    /** Of the ids: u8, i8, u16, i16, i32 or i64. */
    readonly dtype: string,
    readonly length: number,
    /** Ids in a chunk, if the file has chunks. */
    readonly chunk: number | undefined,
    readonly fd: number,
    readonly begin: number,
  ) {}

  /** @throws CambiumError `E_TOKEN_FILE` for a file that is neither; file errors. */
  static open(path: string): PackedFile {
    let fd: number;
    try {
      fd = openSync(path, "r");
    } catch (error) {
      throw toFileError(error, path);
    }
    try {
      const { size } = fstatSync(fd);
      const head = Buffer.alloc(packedHeader);
      const got = readSync(fd, head, 0, packedHeader, 0);
      if (got < 7 || head.toString("latin1", 0, 7) !== packedMagic) {
        checkNanogpt(path, fd, size);
        return new PackedFile(path, "nanogpt", "u16", size / 2, undefined, fd, 0);
      }
      if (got < packedHeader) throw refused(path, `a header of ${packedHeader} bytes`, `${got} bytes`);
      const [version, code] = [head.readBigUInt64LE(7), head.readUInt8(15)];
      if (version !== 1n) throw refused(path, "version 1", `version ${version}`);
      const type = idTypes[code];
      if (!type) throw refused(path, `a type of integers: ${Object.keys(idTypes).join(", ")}`, String(code));
      const bytes = size - packedHeader;
      if (bytes % type.bytes !== 0) throw refused(path, `${type.name} after the header`, `${bytes} bytes`);
      const chunk = Number(head.readBigUInt64LE(16));
      return new PackedFile(path, "litgpt", type.name, bytes / type.bytes, chunk, fd, packedHeader);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** @throws CambiumError `E_TOKEN_RANGE`; `E_TOKEN_FILE` for ids below zero or beyond 2^31. */
  read(position: number, length: number, into?: Int32Array, offset = 0): Int32Array {
    checkRange(position, length, this.length, this.path);
    const width = Number(/\d+/.exec(this.dtype)?.[0]) / 8;
    const bytes = Buffer.alloc(length * width);
    for (let done = 0; done < bytes.length; ) {
      const got = readSync(this.fd, bytes, done, bytes.length - done, this.begin + position * width + done);
      if (got === 0) throw refused(this.path, "more of the file", "its end");
      done += got;
    }
    const out = into ?? new Int32Array(length);
    const take = readers[this.dtype] as (bytes: Buffer, at: number) => number;
    for (let i = 0; i < length; i++) {
      const id = take(bytes, i * width);
      if (id < 0 || id >= 2 ** 31) throw refused(`${this.path}, token ${position + i}`, "an id", String(id));
      out[offset + i] = id;
    }
    return out;
  }

  close(): void {
    if (this.#open) closeSync(this.fd);
    this.#open = false;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Bytes that are looked at. The commonest ids have a control character as their high byte, and a text has none. */
const looked = 4096;
/** So few bytes can be either. */
const fewest = 64;

/**
 * The format has no mark of its own, so files that are known to be something else are refused.
 * @throws CambiumError `E_TOKEN_FILE`
 */
function checkNanogpt(path: string, fd: number, size: number): void {
  const expected = "a token file: Cambium's, litgpt's, or nanoGPT's, which ends in .bin";
  if (!/\.bin$/i.test(path)) throw refused(path, expected, "another ending, and neither of the others' first bytes");
  if (size % 2 !== 0) throw refused(path, "ids of two bytes each", `${size} bytes`);
  const head = Buffer.alloc(Math.min(size, looked));
  const begin = head.subarray(0, readSync(fd, head, 0, head.length, 0));
  const kind = otherKind(begin);
  if (kind !== undefined) throw refused(path, expected, kind);
}

function otherKind(begin: Buffer): string | undefined {
  const known = kindBySignature(begin);
  if (known !== undefined) return known;
  const isText =
    begin.length >= fewest &&
    begin.every((byte) => (byte >= 0x20 && byte !== 0x7f) || /\s/.test(String.fromCharCode(byte)));
  return isText ? "text" : undefined;
}

const readers: Readonly<Record<string, (bytes: Buffer, at: number) => number>> = {
  u8: (bytes, at) => bytes.readUInt8(at),
  i8: (bytes, at) => bytes.readInt8(at),
  u16: (bytes, at) => bytes.readUInt16LE(at),
  i16: (bytes, at) => bytes.readInt16LE(at),
  i32: (bytes, at) => bytes.readInt32LE(at),
  i64: (bytes, at) => Number(bytes.readBigInt64LE(at)),
};

function refused(where: string, expected: string, got: string): CambiumError {
  return new CambiumError("E_TOKEN_FILE", "this token file cannot be read", { where, expected, got });
}
