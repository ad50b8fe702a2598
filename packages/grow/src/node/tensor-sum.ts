// Sums of one tensor's bytes: SHA-256, and CRC-32 to hold against what was written.
import { createHash, type Hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { SafetensorsFile } from "@cambium/checkpoint";

export interface TensorSum {
  /** In hex. */
  readonly sha256: string;
  readonly crc: number;
}

/** Bytes hashed at a time: a millisecond or two, for which a writer waits at most. */
const PIECE_BYTES = 2 << 20;

/** Of a tensor of `shard`, read in pieces. @param interrupted whether to give up, after which the sums mean nothing */
export async function sumOf(shard: SafetensorsFile, name: string, interrupted = () => false): Promise<TensorSum> {
  const { offset, byteLength } = shard.entry(name);
  const piece = new Uint8Array(Math.min(PIECE_BYTES, byteLength));
  const hash = createHash("sha256");
  let crc = 0;
  for (let at = 0; at < byteLength && !interrupted(); at += piece.length) {
    const bytes = piece.subarray(0, Math.min(piece.length, byteLength - at));
    await shard.readInto(bytes, offset + at);
    hash.update(bytes);
    crc = crc32(bytes, crc);
  }
  return { sha256: hash.digest("hex"), crc };
}

/** SHA-256 of `chunks`, in hex. @param also is shown them as well */
export async function hashChunks(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  also?: Hash,
): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) {
    hash.update(chunk);
    also?.update(chunk);
  }
  return hash.digest("hex");
}
