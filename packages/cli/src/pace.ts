// The pace of work since some moment, and the time left at that pace.
import { duration } from "@cambium/ir/figures";

export class Pace {
  readonly #began = performance.now();

  /** @param before units that were done by now; later counts include them */
  constructor(private readonly before = 0) {}

  /** Units per second. */
  perSecond(done: number): number {
    return (1000 * (done - this.before)) / Math.max(1, performance.now() - this.#began);
  }

  /** `3 min 05 s left`; a dash in place of the time while nothing was done. */
  left(done: number, total: number): string {
    return `${duration(Math.max(0, total - done) / this.perSecond(done))} left`;
  }
}

/** Returns the pace of the current phase, which begins anew with each phase. */
export function phasePace<P>(): (phase: P, done: number) => Pace {
  let current: { readonly phase: P; readonly pace: Pace } | undefined;
  return (phase, done) => {
    if (current?.phase !== phase) current = { phase, pace: new Pace(done) };
    return current.pace;
  };
}
