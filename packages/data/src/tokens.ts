// A sequence of token ids read by position. `@cambium/data/node` has one over token files.
import { CambiumError } from "@cambium/ir";

/** A sequence of token ids read by position: a file, or an array in memory. */
export interface TokenReader {
  /** In tokens. */
  readonly length: number;
  /**
   * Tokens [position, position + length), written to `into` from `offset` on.
   * @throws CambiumError `E_TOKEN_RANGE` for a range that is not within the sequence.
   */
  read(position: number, length: number, into?: Int32Array, offset?: number): Int32Array;
}

/** The ids of an array as a {@link TokenReader}. */
export function tokensInMemory(ids: ArrayLike<number>): TokenReader {
  const held = Int32Array.from(ids);
  return {
    length: held.length,
    read(position, length, into, offset = 0) {
      checkRange(position, length, held.length, "tokens in memory");
      const out = into ?? new Int32Array(length);
      out.set(held.subarray(position, position + length), offset);
      return out;
    },
  };
}

/** @throws CambiumError `E_TOKEN_RANGE` unless [position, position + length) is within `available` tokens. */
export function checkRange(position: number, length: number, available: number, where: string): void {
  const valid = Number.isInteger(position) && Number.isInteger(length) && position >= 0 && length >= 0;
  if (valid && position + length <= available) return;
  throw new CambiumError("E_TOKEN_RANGE", "this range is not within the tokens", {
    where,
    expected: `within 0 to ${available}`,
    got: `${position} to ${position + length}`,
  });
}
