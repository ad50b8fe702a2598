// Sums of tensors in files.
import { createHash, type Hash } from "node:crypto";
import type { SafetensorsFile } from "@cambium/checkpoint";
import { PIECE_BYTES, Summing, type TensorSum } from "./summing.js";

/** The sums of a tensor of `shard`, read in pieces. @param interrupted ends it early; the sums are then meaningless */
export async function sumOf(shard: SafetensorsFile, name: string, interrupted = () => false): Promise<TensorSum> {
  const { offset, byteLength } = shard.entry(name);
  const piece = new Uint8Array(Math.min(PIECE_BYTES, byteLength));
  const summing = new Summing();
  for (let at = 0; at < byteLength && !interrupted(); at += piece.length) {
    const bytes = piece.subarray(0, Math.min(piece.length, byteLength - at));
    await shard.readInto(bytes, offset + at);
    summing.update(bytes);
  }
  return summing.end();
}

/** SHA-256 of `chunks`, in hex. @param also a second hash that gets them */
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
