// Counter-based random numbers: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
// The i-th number of a named stream is a pure function of (name, i), so any slice can be made anywhere, in any order.

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9 | 0;
const W1 = 0xbb67ae85 | 0;

/** Words made at a time: few enough to stay in the cache. */
const WORDS = 4096;

/**
 * High 32 bits of an unsigned 32 × 32 product, whose low ones are `low`. The product in float64 is off by less than 2^11,
 * which does not reach them once the low bits are taken away.
 */
function mulHigh(a: number, b: number, low: number): number {
  return (((a >>> 0) * (b >>> 0) - (low >>> 0)) * 2 ** -32 + 0.5) | 0;
}

/** One Philox 4x32-10 block: four 32-bit words from a 128-bit counter and a 64-bit key, written to `out`. */
export function philox(counter: Uint32Array, key0: number, key1: number, out: Uint32Array): void {
  const [c0, c1, c2, c3] = counter as unknown as [number, number, number, number];
  block(c0 | 0, c1 | 0, c2 | 0, c3 | 0, key0 | 0, key1 | 0, out, 0);
}

/** As {@link philox}, from `at` on in `out`. Numbers are signed 32-bit: larger ones would be boxed. */
function block(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
  at: number,
): void {
  for (let round = 0; round < 10; round++) {
    const low0 = Math.imul(M0, c0);
    const low1 = Math.imul(M1, c2);
    const high0 = mulHigh(M0, c0, low0);
    const high1 = mulHigh(M1, c2, low1);
    c0 = high1 ^ c1 ^ k0;
    c2 = high0 ^ c3 ^ k1;
    c1 = low1;
    c3 = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/** 64-bit FNV-1a of the UTF-8 bytes of `name`, as two signed 32-bit words. */
function hashName(name: string): [number, number] {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name)) {
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return [Number(BigInt.asIntN(32, hash)), Number(BigInt.asIntN(32, hash >> 32n))];
}

/** A named random stream with random access. Two streams of one name are equal; different names are independent. */
export class Random {
  readonly #key: [number, number];
  readonly #block = new Uint32Array(4);
  #held = -1;

  constructor(readonly name: string) {
    this.#key = hashName(name);
  }

  /** The `index`-th 32-bit word. `index` is an integer in [0, 2^53). */
  word(index: number): number {
    const held = Math.floor(index / 4);
    if (held !== this.#held) {
      this.#blocks(held, this.#block);
      this.#held = held;
    }
    return this.#block[index % 4] as number;
  }

  /** The `index`-th uniform number in [0, 1), 32 bits of it random. */
  uniform(index: number): number {
    return this.word(index) / 0x100000000;
  }

  /** The `index`-th standard normal number (Box–Muller over words 2·index and 2·index + 1 of the stream). */
  normal(index: number): number {
    return boxMuller(this.word(2 * index), this.word(2 * index + 1));
  }

  /** Fills `out` with `std` times the normal numbers from the `first`-th on: those of {@link normal}, to the bit. */
  normals(out: Float64Array, first: number, std = 1): void {
    const words = new Uint32Array(Math.min(WORDS, 4 * Math.ceil((out.length + 1) / 2)));
    // Two numbers to a block of words.
    for (let done = 0, skip = 2 * (first % 2); done < out.length; skip = 0) {
      this.#blocks(Math.floor((first + done) / 2), words);
      const count = Math.min((words.length - skip) / 2, out.length - done);
      for (let i = 0; i < count; i++)
        out[done + i] = std * boxMuller(words[skip + 2 * i] as number, words[skip + 2 * i + 1] as number);
      done += count;
    }
  }

  /** Fills `out` with the words of the blocks from the `first`-th on. */
  #blocks(first: number, out: Uint32Array): void {
    const [k0, k1] = this.#key;
    const low = first % 2 ** 32;
    const high = Math.floor(first / 2 ** 32);
    for (let at = 0; at < out.length; at += 4) {
      const index = low + at / 4;
      block(index | 0, index < 2 ** 32 ? high : high + 1, 0, 0, k0, k1, out, at);
    }
  }
}

function boxMuller(a: number, b: number): number {
  const radius = Math.sqrt(-2 * Math.log((a + 0.5) / 0x100000000));
  return radius * Math.cos(2 * Math.PI * (b / 0x100000000));
}
