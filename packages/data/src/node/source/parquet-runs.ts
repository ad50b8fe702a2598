// Walks the runs of Parquet's levels and dictionary codes (its hybrid of repeated and bit-packed values), and checks
// that they stay within their bytes and their number of values.

/** Values that a run may have beyond those still missing: writers pad the last run. */
const slack = 1024;

interface Runs {
  readonly at: number;
  readonly end: number;
  /** Bits of a value. */
  readonly width: number;
  readonly values: number;
  /** The value whose occurrences are counted; at most 8 bits. */
  readonly counted?: number;
}

/** @returns how many of the values equal `counted`. @throws Error for runs without exactly `values` values */
export function passRuns(bytes: Uint8Array, { at: begin, end, width, values, counted }: Runs): number {
  if (end > bytes.length || width > 32) throw new Error("runs of values go beyond their page");
  let missing = values;
  let equal = 0;
  for (let at = begin; missing > 0; ) {
    let header: number;
    [header, at] = varint(bytes, at, end);
    const packed = (header & 1) === 1;
    const count = packed ? (header >>> 1) * 8 : header >>> 1;
    const size = packed ? (header >>> 1) * width : (width + 7) >> 3;
    if (count > missing + slack || at + (packed ? 0 : size) > end)
      throw new Error(`a run of ${count} values is there, and ${missing} are missing`);
    const taken = Math.min(count, missing);
    if (counted !== undefined) {
      if (packed) equal += countPacked(bytes, at, width, taken, counted);
      else if (bytes[at] === counted) equal += taken;
    }
    // The last group may be truncated.
    at = Math.min(end, at + size);
    missing -= taken;
  }
  return equal;
}

function varint(bytes: Uint8Array, begin: number, end: number): [number, number] {
  let result = 0;
  for (let at = begin, shift = 0; at < end && shift < 35; at++, shift += 7) {
    const byte = bytes[at] as number;
    result |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [result >>> 0, at + 1];
  }
  throw new Error("runs of values end before their page's values do");
}

function countPacked(bytes: Uint8Array, at: number, width: number, values: number, counted: number): number {
  const mask = (1 << width) - 1;
  let equal = 0;
  for (let i = 0, bit = at * 8; i < values; i++, bit += width) {
    const pair = (bytes[bit >> 3] ?? 0) | ((bytes[(bit >> 3) + 1] ?? 0) << 8);
    if (((pair >> (bit & 7)) & mask) === counted) equal++;
  }
  return equal;
}
