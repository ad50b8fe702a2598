// The ids of words, remembered. New words of a text are encoded together: a call of the library takes longer than a
// word does.
import type { RustTokenizer } from "../rust.js";

/** The ids of a text; undefined for a text that the original has to encode. */
export type Words = (text: string) => Int32Array | undefined;

/** Most cached words; then the cache is cleared. */
const mostPieces = 100_000;

/** Longer words are not cached: they hardly occur again. */
const longestPiece = 32;

/** What stands between words that are encoded together. A text that has it itself is left to the original. */
const mark = "\0";

/** The pre-tokenizer that keeps such words apart, as tokenizer.json spells it. */
export const apartAtMarks = { type: "Split", pattern: { String: mark }, behavior: "Isolated", invert: false };

/** A new word, and how many ids of known words are before it in the text. */
interface NewPiece {
  readonly piece: string;
  readonly after: number;
}

export class Pieces {
  readonly #known = new Map<string, Int32Array>();
  readonly #mark: number | undefined;
  #out = new Int32Array(1 << 14);
  #filled = 0;

  /** @param raw encodes words that `apartAtMarks` keeps apart, and does nothing else to them; it has every byte */
  constructor(readonly raw: RustTokenizer) {
    this.#mark = raw.encode(mark)[0];
  }

  /** The ids of all words that `cut` puts, one after the other; undefined if it gives up. */
  encode(cut: (put: (piece: string) => void) => boolean): Int32Array | undefined {
    this.#filled = 0;
    const fresh: NewPiece[] = [];
    let marked = false;
    const done = cut((piece) => {
      const known = this.#known.get(piece);
      if (known) this.#put(known);
      else if (piece.includes(mark)) marked = true;
      else if (piece.length > longestPiece) this.#put(this.raw.encode(piece));
      else fresh.push({ piece, after: this.#filled });
    });
    if (!done || marked) return undefined;
    return fresh.length === 0 ? this.#out.slice(0, this.#filled) : this.#with(fresh);
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

  /** The ids of the known words with those of the new ones in their places. */
  #with(fresh: readonly NewPiece[]): Int32Array {
    const ids = this.#learn([...new Set(fresh.map(({ piece }) => piece))]);
    const idsOf = (piece: string) => ids.get(piece) as Int32Array;
    const whole = new Int32Array(fresh.reduce((sum, { piece }) => sum + idsOf(piece).length, this.#filled));
    let [from, to] = [0, 0];
    for (const { piece, after } of fresh) {
      while (from < after) whole[to++] = this.#out[from++] as number;
      for (const id of idsOf(piece)) whole[to++] = id;
    }
    whole.set(this.#out.subarray(from, this.#filled), to);
    return whole;
  }

  /** Encodes `pieces`, which are distinct, and remembers them. */
  #learn(pieces: readonly string[]): ReadonlyMap<string, Int32Array> {
    const ids = this.#encodeTogether(pieces) ?? pieces.map((piece) => this.raw.encode(piece).slice());
    // A substring keeps the whole string in memory; a new string does not.
    const copies = JSON.parse(JSON.stringify(pieces)) as string[];
    const learnt = new Map(copies.map((piece, i) => [piece, ids[i] as Int32Array]));
    for (const [piece, own] of learnt) {
      if (this.#known.size >= mostPieces) this.#known.clear();
      this.#known.set(piece, own);
    }
    return learnt;
  }

  /** The ids of each piece; undefined if one of them spells the mark's own token, such as `<0x00>`. */
  #encodeTogether(pieces: readonly string[]): Int32Array[] | undefined {
    const all = this.raw.encode(pieces.join(mark));
    const ids: Int32Array[] = [];
    for (let begin = 0; begin <= all.length; ) {
      const found = all.indexOf(this.#mark as number, begin);
      const end = found < 0 ? all.length : found;
      ids.push(all.slice(begin, end));
      begin = end + 1;
    }
    return ids.length === pieces.length ? ids : undefined;
  }
}
