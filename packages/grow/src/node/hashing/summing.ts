// Sums of streams of bytes: SHA-256 for the record, and CRC-32 to compare with what was written.
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

export interface TensorSum {
  /** In hex. */
  readonly sha256: string;
  readonly crc: number;
}

/** Bytes read at a time to be hashed: a millisecond or two of work. */
export const PIECE_BYTES = 2 << 20;

export class Summing {
  readonly #hash = createHash("sha256");
  #crc = 0;

  /** Must get the bytes in order. */
  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#crc = crc32(bytes, this.#crc);
  }

  end(): TensorSum {
    return { sha256: this.#hash.digest("hex"), crc: this.#crc };
  }
}
