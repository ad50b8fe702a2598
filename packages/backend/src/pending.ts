// Pending: the work under way on a device, so that `Device.close` can wait for it.

export class Pending {
  readonly #all = new Set<Promise<unknown>>();

  /** Keeps `work` until it settles, and returns it. If nobody awaits it, its rejection is not reported as unhandled. */
  track<T>(work: Promise<T>): Promise<T> {
    const done = () => void this.#all.delete(work);
    this.#all.add(work);
    work.then(done, done);
    return work;
  }

  /** Resolves when nothing is under way, including work that started in the meantime. */
  async settled(): Promise<void> {
    while (this.#all.size > 0) await Promise.allSettled(this.#all);
  }
}
