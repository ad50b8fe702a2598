// Counter-based random numbers: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
// The i-th number of a named stream is a pure function of (name, i), so any slice can be made anywhere, in any order.

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High 32 bits of an unsigned 32 × 32 product. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middle2 = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + (middle2 >>> 16)) >>> 0;
}

/** One Philox 4x32-10 block: four 32-bit words from a 128-bit counter and a 64-bit key, written to `out`. */
export function philox(counter: Uint32Array, key0: number, key1: number, out: Uint32Array): void {
  let [c0, c1, c2, c3] = counter as unknown as [number, number, number, number];
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0);
    const low0 = Math.imul(M0, c0);
    const high1 = mulHigh(M1, c2);
    const low1 = Math.imul(M1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c1 = low1 >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** 64-bit FNV-1a of the UTF-8 bytes of `name`, as two 32-bit words. */
function hashName(name: string): [number, number] {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name)) {
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return [Number(hash & 0xffffffffn), Number(hash >> 32n)];
}

/** A named random stream with random access. Two streams of one name are equal; different names are independent. */
export class Random {
  readonly #key: [number, number];
  readonly #counter = new Uint32Array(4);
  readonly #block = new Uint32Array(4);
  #held = -1;

  constructor(readonly name: string) {
    this.#key = hashName(name);
  }

  /** The `index`-th 32-bit word. `index` is an integer in [0, 2^53). */
  word(index: number): number {
    const block = Math.floor(index / 4);
    if (block !== this.#held) {
      this.#counter[0] = block % 0x100000000;
      this.#counter[1] = Math.floor(block / 0x100000000);
      philox(this.#counter, this.#key[0], this.#key[1], this.#block);
      this.#held = block;
    }
    return this.#block[index % 4] as number;
  }

  /** The `index`-th uniform number in [0, 1), 32 bits of it random. */
  uniform(index: number): number {
    return this.word(index) / 0x100000000;
  }

  /** The `index`-th standard normal number (Box–Muller over words 2·index and 2·index + 1 of the stream). */
  normal(index: number): number {
    const radius = Math.sqrt(-2 * Math.log((this.word(2 * index) + 0.5) / 0x100000000));
    return radius * Math.cos(2 * Math.PI * this.uniform(2 * index + 1));
  }
}
