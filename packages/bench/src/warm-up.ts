// Warm-up: runs until the times are steady, so that compilation, cold caches and clock changes do not enter the
// samples.
import { append } from "@cambium/ir";
import { median } from "./statistics.js";
import type { Prepared } from "./suite.js";

/** Steady means that the median of the last `span` runs is within this of the median of the `span` runs before. */
const steadiness = 0.05;

const span = 3;

export interface WarmUp {
  readonly runs: number;
  readonly seconds: number;
  readonly steady: boolean;
  readonly secondsPerRun: number;
}

/** @param first seconds of the runs so far */
export async function warmUp(prepared: Prepared, first: readonly number[], mostSeconds: number): Promise<WarmUp> {
  const taken = [...first];
  const began = performance.now();
  // The first runs count: one that took longer than `mostSeconds` is warm-up enough.
  const before = first.reduce((sum, seconds) => sum + seconds, 0);
  const spent = (): number => before + (performance.now() - began) / 1000;
  let steady = false;
  while (!steady && spent() < mostSeconds) {
    // Short runs are grouped, so that a group lasts longer than the clock's and the scheduler's resolution.
    const count = Math.max(1, Math.min(64, Math.floor(0.02 / median(taken.slice(-span)))));
    append(taken, await prepared.turn(count));
    const [earlier, last] = [taken.slice(-2 * span, -span), taken.slice(-span)];
    steady = earlier.length === span && Math.abs(median(last) / median(earlier) - 1) < steadiness;
  }
  return { runs: taken.length, seconds: spent(), steady, secondsPerRun: median(taken.slice(-span)) };
}
