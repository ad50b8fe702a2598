// The ids of words, remembered.
import type { RustTokenizer } from "../rust.js";

/** The ids of a text; undefined for a text that the original has to encode. */
export type Words = (text: string) => Int32Array | undefined;

/** Most cached words; then the cache is cleared. */
const mostPieces = 100_000;

/** Longer words are not cached: they hardly occur again. */
const longestPiece = 32;

export class Pieces {
  readonly #known = new Map<string, Int32Array>();
  #out = new Int32Array(1 << 14);
  #filled = 0;

  /** @param raw encodes one word, and does nothing else to it */
  constructor(readonly raw: RustTokenizer) {}

  /** The ids of all words that `cut` puts, one after the other; undefined if it gives up. */
  encode(cut: (put: (piece: string) => void) => boolean): Int32Array | undefined {
    this.#filled = 0;
    const done = cut((piece) => this.#put(this.#ids(piece)));
    return done ? this.#out.slice(0, this.#filled) : undefined;
  }

  #put(ids: Int32Array): void {
    if (this.#filled + ids.length > this.#out.length) {
      const longer = new Int32Array(2 * (this.#filled + ids.length));
      longer.set(this.#out.subarray(0, this.#filled));
      this.#out = longer;
    }
    // Most words have one id or two, for which `set` is slow.
    for (let i = 0; i < ids.length; i++) this.#out[this.#filled + i] = ids[i] as number;
    this.#filled += ids.length;
  }

  #ids(piece: string): Int32Array {
    const known = this.#known.get(piece);
    if (known) return known;
    const ids = this.raw.encode(piece);
    if (piece.length > longestPiece) return ids;
    if (this.#known.size >= mostPieces) this.#known.clear();
    // A substring keeps the whole string in memory; a new string does not.
    this.#known.set(JSON.parse(JSON.stringify(piece)) as string, ids.slice());
    return ids;
  }
}
