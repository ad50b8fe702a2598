// Compares a device's tensor with float64: finds the first element that is farther off than allowed.
import { isFloat, type RefTensor } from "@cambium/ir";

/** One bound for all elements, or one for each. */
export type Allowed = number | Float64Array;

export interface Deviation {
  /** Index of the first element that is off, along each axis. */
  readonly element: readonly number[];
  readonly got: number;
  readonly expected: number;
  /** Infinite if only one of the two is NaN or infinite. */
  readonly error: number;
  readonly tolerance: number;
  /** The number of elements that are off. */
  readonly count: number;
}

export interface Comparison {
  /** The largest error. */
  readonly error: number;
  /** The largest ratio of an element's error to its tolerance; above 1 the element is off. */
  readonly share: number;
  readonly deviation: Deviation | null;
}

/** Compares in the dtype of `want`: its f32 values are rounded to f32 first, integers must be equal. */
export function compare(got: RefTensor, want: RefTensor, allowed: Allowed): Comparison {
  const narrow = want.type.dtype === "f32" ? Math.fround : (x: number) => x;
  const float = isFloat(want.type.dtype);
  let [most, share, first, count] = [0, 0, -1, 0];
  want.data.forEach((exact, i) => {
    const error = gap(got.data[i] as number, narrow(exact));
    if (error === 0) return;
    const bound = float ? allowedAt(allowed, i) : 0;
    most = Math.max(most, error);
    share = Math.max(share, error / bound);
    if (error <= bound) return;
    if (first < 0) first = i;
    count += 1;
  });
  if (first < 0) return { error: most, share, deviation: null };
  const [value, expected] = [got.data[first] as number, want.data[first] as number];
  const error = gap(value, narrow(expected));
  const tolerance = float ? allowedAt(allowed, first) : 0;
  const element = indexOf(first, want.type.shape);
  return { error: most, share, deviation: { element, got: value, expected, error, tolerance, count } };
}

function allowedAt(allowed: Allowed, i: number): number {
  return typeof allowed === "number" ? allowed : (allowed[i] as number);
}

function gap(got: number, expected: number): number {
  if (Object.is(got, expected) || got === expected) return 0;
  const difference = Math.abs(got - expected);
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
}

function indexOf(flat: number, shape: readonly number[]): number[] {
  let rest = flat;
  return shape
    .toReversed()
    .map((size) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      return at;
    })
    .reverse();
}
