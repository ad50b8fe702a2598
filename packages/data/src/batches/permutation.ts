// A seeded permutation of 0 … size-1, computed element by element, so that no list of its elements is ever made.
//
// A balanced Feistel network is a permutation of 2^2h numbers whatever its round function (Luby and Rackoff 1988). It
// is applied again until the result is below `size` (cycle walking: Black and Rogaway 2002, "Ciphers with arbitrary
// finite domains"). The round function is Philox 4x32-10, keyed by the seed.
import { philox } from "@cambium/ir";

// Four rounds look random for large domains; there may be only a handful of windows, and small domains need more
// rounds.
const ROUNDS = 8;

/**
 * The image of `index` under permutation number `epoch` of `seed`.
 * @param size at most 2^52
 * @param index an integer in [0, size)
 * @param seed, epoch integers in [0, 2^53)
 */
export function permuted(index: number, size: number, seed: number, epoch: number): number {
  let half = 1;
  while (4 ** half < size) half++;
  const base = 2 ** half;
  const counter = Uint32Array.of(0, 0, low(epoch), high(epoch));
  const random = new Uint32Array(4);
  let place = index;
  do {
    let left = Math.floor(place / base);
    let right = place % base;
    for (let round = 0; round < ROUNDS; round++) {
      counter[0] = right;
      counter[1] = round;
      philox(counter, low(seed), high(seed), random);
      // The exclusive or of two numbers below `base`, which has at most 26 bits.
      [left, right] = [right, left ^ ((random[0] as number) & (base - 1))];
    }
    place = left * base + right;
  } while (place >= size);
  return place;
}

function low(value: number): number {
  return value % 2 ** 32;
}

function high(value: number): number {
  return Math.floor(value / 2 ** 32);
}
