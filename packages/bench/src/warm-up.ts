// Warm-up: runs until the times are steady, so that compilation, cold caches and clock changes do not enter the
// samples. benchmarks/peers/serve.py has the same for peers in Python.
import { append } from "@cambium/ir";
import { median } from "./statistics.js";
import type { Prepared } from "./suite.js";

/** Steady means that the median of the last `span` runs is within this of the median of the `span` runs before. */
const steadiness = 0.05;

const span = 3;

/** Runs that take longer than this many seconds are not repeated beyond the time given, only to see whether they are steady. */
const long = 1.5;

export interface WarmUp {
  readonly runs: number;
  readonly seconds: number;
  readonly steady: boolean;
  readonly secondsPerRun: number;
}

/**
 * At least one run after the first, which may have compiled; then until they are steady: for the time given, and until
 * there are enough runs to tell.
 * @param first seconds of the runs so far
 * @param mostSeconds 0: no more runs
 */
export async function warmUp(
  prepared: Pick<Prepared, "turn">,
  first: readonly number[],
  mostSeconds: number,
): Promise<WarmUp> {
  const taken = [...first];
  const began = performance.now();
  const spent = (): number => (performance.now() - began) / 1000;
  const wanted = () => {
    if (mostSeconds === 0 || taken.length === first.length) return mostSeconds > 0;
    return spent() < mostSeconds || (taken.length < 2 * span && (taken.at(-1) as number) < long);
  };
  let steady = false;
  while (!steady && wanted()) {
    // Short runs are grouped, so that a group lasts longer than the clock's and the scheduler's resolution.
    const count = Math.max(1, Math.min(64, Math.floor(0.02 / median(taken.slice(-span)))));
    append(taken, await prepared.turn(count));
    const [earlier, last] = [taken.slice(-2 * span, -span), taken.slice(-span)];
    steady = earlier.length === span && Math.abs(median(last) / median(earlier) - 1) < steadiness;
  }
  const seconds = first.reduce((sum, one) => sum + one, 0) + spent();
  return { runs: taken.length, seconds, steady, secondsPerRun: median(taken.slice(-span)) };
}
