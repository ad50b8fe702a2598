// SHA-256 of tensors of which parts come one after another, several tensors at a time.
import { createHash, type Hash } from "node:crypto";

/** The next bytes of a tensor. */
export interface Part {
  /** The same number for all parts of a tensor. */
  readonly stream: number;
  readonly bytes: Uint8Array;
  /** Whether the tensor ends with them. */
  readonly last: boolean;
}

export class Streams {
  readonly #hashes = new Map<number, Hash>();

  /** @returns SHA-256 in hex of the tensors that end in `parts`, in their order */
  add(parts: readonly Part[]): string[] {
    const ended: string[] = [];
    for (const { stream, bytes, last } of parts) {
      const hash = this.#hashes.get(stream) ?? createHash("sha256");
      hash.update(bytes);
      if (last) ended.push(hash.digest("hex"));
      if (last) this.#hashes.delete(stream);
      else this.#hashes.set(stream, hash);
    }
    return ended;
  }
}
