// OpTimes: sums up time by op type and provider, for `Executable.profile`.
import type { ProfileEntry } from "./contract.js";

export class OpTimes {
  readonly #sums = new Map<string, ProfileEntry>();

  /** @param provider what ran it, if that is known of each kernel */
  add(op: string, seconds: number, provider?: string): void {
    const key = `${provider} ${op}`;
    const { count, seconds: before } = this.#sums.get(key) ?? { count: 0, seconds: 0 };
    const ran = provider === undefined ? {} : { provider };
    this.#sums.set(key, { op, ...ran, count: count + 1, seconds: before + seconds });
  }

  /** Slowest first. */
  entries(): ProfileEntry[] {
    return [...this.#sums.values()].sort((a, b) => b.seconds - a.seconds);
  }
}
