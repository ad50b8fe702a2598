// Comparing a device's result with the reference evaluator's.
import { type HostTensor, type RefTensor, formatType, refTensor } from "@cambium/ir";
import { expect } from "vitest";

/** Every element within `tolerance` of the largest magnitude expected (at least 1e-3, so that zeros may be tiny). */
export function expectClose(got: HostTensor, expected: RefTensor | undefined, tolerance: number): void {
  if (!expected) throw new Error("nothing to compare with");
  expect(formatType(got)).toBe(formatType(expected.type));
  expect(worst(got, expected)).toBeLessThanOrEqual(tolerance);
}

/** Largest difference, relative to the largest magnitude expected. NaN where one side alone is NaN. */
export function worst(got: HostTensor, expected: RefTensor): number {
  const { data } = refTensor(got);
  const scale = expected.data.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
  return expected.data.reduce((most, x, i) => {
    const difference = Object.is(x, data[i]) ? 0 : Math.abs(x - (data[i] as number)) / scale;
    return Math.max(most, difference);
  }, 0);
}
