// Warming up: runs until they have become steady, so that what is compiled, cached or clocked up on the way is not a sample.
import { append } from "@cambium/ir";
import { median } from "./statistics.js";
import type { Prepared } from "./suite.js";

/** Steady: the median of the last runs is within this of the median of as many before them. */
const steadiness = 0.05;

/** Runs that are compared with as many before them. */
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
  // A first run that took longer than all of warming up was enough of it.
  const before = first.reduce((sum, seconds) => sum + seconds, 0);
  const so = (): number => before + (performance.now() - began) / 1000;
  let steady = false;
  while (!steady && so() < mostSeconds) {
    // Short runs come in larger lots: a lot has to outlast the clock's grain and the scheduler's.
    const count = Math.max(1, Math.min(64, Math.floor(0.02 / median(taken.slice(-span)))));
    append(taken, await prepared.turn(count));
    const [earlier, last] = [taken.slice(-2 * span, -span), taken.slice(-span)];
    steady = earlier.length === span && Math.abs(median(last) / median(earlier) - 1) < steadiness;
  }
  return { runs: taken.length, seconds: so(), steady, secondsPerRun: median(taken.slice(-span)) };
}
