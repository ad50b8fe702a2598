// Pending: work that a device has under way, for `Device.close` to wait for.

export class Pending {
  readonly #all = new Set<Promise<unknown>>();

  /** Keeps `work` until it settles, and returns it. Nobody else need look at it: its failure ends no process. */
  track<T>(work: Promise<T>): Promise<T> {
    const done = () => void this.#all.delete(work);
    this.#all.add(work);
    work.then(done, done);
    return work;
  }

  /** Resolves when nothing is under way, also of what began meanwhile. */
  async settled(): Promise<void> {
    while (this.#all.size > 0) await Promise.allSettled(this.#all);
  }
}
