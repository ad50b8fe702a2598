// OpTimes: sums up time by op type, for `Executable.profile`.
import type { ProfileEntry } from "./contract.js";

export class OpTimes {
  readonly #sums = new Map<string, { count: number; seconds: number }>();

  add(op: string, seconds: number): void {
    const sum = this.#sums.get(op) ?? { count: 0, seconds: 0 };
    this.#sums.set(op, { count: sum.count + 1, seconds: sum.seconds + seconds });
  }

  /** Slowest first. */
  entries(): ProfileEntry[] {
    return [...this.#sums].map(([op, sum]) => ({ op, ...sum })).sort((a, b) => b.seconds - a.seconds);
  }
}
