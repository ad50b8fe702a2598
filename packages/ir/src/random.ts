// Counter-based random numbers: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
// The i-th number of a named stream is a pure function of (name, i), so any part of a stream can be computed anywhere
// and in any order.

import { noisePair } from "./noise.js";
import { type SimdKernels, simdKernels } from "./simd.js";

const M0 = 0xd2511f53 | 0;
const M1 = 0xcd9e8d57 | 0;
const W0 = 0x9e3779b9 | 0;
const W1 = 0xbb67ae85 | 0;

/** Words computed at a time, few enough to stay in the processor's cache. */
const WORDS = 4096;

/** The high 32 bits, as a signed number, of the unsigned product of `b` and a constant given as two 16-bit halves. */
function mulHigh(aHigh: number, aLow: number, b: number): number {
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  const middle = (Math.imul(aLow, bHigh) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const middle2 = (Math.imul(aHigh, bLow) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (middle2 >>> 16)) | 0;
}

/** One Philox 4x32-10 block: four 32-bit words from a 128-bit counter and a 64-bit key, written to `out`. */
export function philox(counter: Uint32Array, key0: number, key1: number, out: Uint32Array): void {
  const [first, second, third, fourth] = counter as unknown as [number, number, number, number];
  blocks(first | 0, second | 0, third | 0, fourth | 0, key0 | 0, key1 | 0, out);
}

/**
 * Fills `out` with blocks of four words, counting up the first 64 bits of the counter. Numbers are signed, so that V8
 * keeps them in registers.
 */
function blocks(
  first: number,
  second: number,
  third: number,
  fourth: number,
  key0: number,
  key1: number,
  out: Uint32Array,
): void {
  for (let at = 0; at < out.length; at += 4) {
    let c0 = (first + (at >> 2)) | 0;
    let c1 = c0 >>> 0 < first >>> 0 ? (second + 1) | 0 : second;
    let c2 = third;
    let c3 = fourth;
    let k0 = key0;
    let k1 = key1;
    for (let round = 0; round < 10; round++) {
      const low0 = Math.imul(M0, c0);
      const low1 = Math.imul(M1, c2);
      const high0 = mulHigh(M0 >>> 16, M0 & 0xffff, c0);
      const high1 = mulHigh(M1 >>> 16, M1 & 0xffff, c2);
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

  /** The `index`-th uniform number in [0, 1), with 32 random bits. */
  uniform(index: number): number {
    return this.word(index) / 0x100000000;
  }

  /**
   * The `index`-th standard normal number, of words 2·index and 2·index + 1 (Box and Muller 1958), in double precision.
   * Models begin with these. Where there are many to draw, {@link noise} takes a fraction of the time.
   */
  normal(index: number): number {
    const radius = Math.sqrt(-2 * Math.log((this.word(2 * index) + 0.5) / 0x100000000));
    return radius * Math.cos(2 * Math.PI * this.uniform(2 * index + 1));
  }

  /**
   * Fills `out` with `std` times the noise from the `first`-th number on: standard normal numbers in single precision,
   * other ones than those of {@link normal}, the same bits on every machine. A block of four words makes four.
   */
  noise(out: Float64Array, first: number, std = 1): void {
    const kernels = simdKernels();
    if (kernels) this.#simdNoise(kernels, out, first, std);
    else this.plainNoise(out, first, std);
  }

  #simdNoise(kernels: SimdKernels, out: Float64Array, first: number, std: number): void {
    const [k0, k1] = this.#key;
    // The kernel computes four blocks at a time.
    for (let done = 0, skip = first % 4; done < out.length; skip = 0) {
      const count = Math.min(kernels.capacity - skip, out.length - done);
      const block = Math.floor((first + done) / 4);
      const made = kernels.noise(16 * Math.ceil((skip + count) / 16), block, k0, k1, std);
      out.set(made.subarray(skip, skip + count), done);
      done += count;
    }
  }

  /** As {@link noise}, which calls it where there is no SIMD. */
  plainNoise(out: Float64Array, first: number, std = 1): void {
    const words = new Uint32Array(Math.min(WORDS, 4 * Math.ceil(out.length / 4 + 1)));
    const made = new Float64Array(words.length);
    for (let done = 0, skip = first % 4; done < out.length; skip = 0) {
      this.#blocks(Math.floor((first + done) / 4), words);
      for (let i = 0; i < words.length; i += 2) noisePair(words[i] as number, words[i + 1] as number, std, made, i);
      const count = Math.min(words.length - skip, out.length - done);
      out.set(made.subarray(skip, skip + count), done);
      done += count;
    }
  }

  /** Fills `out` with the words of the blocks from the `first`-th on. */
  #blocks(first: number, out: Uint32Array): void {
    const [k0, k1] = this.#key;
    blocks(first | 0, Math.floor(first / 2 ** 32), 0, 0, k0, k1, out);
  }
}
