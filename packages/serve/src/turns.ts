// Access to the device: one user at a time, in the order of requests.
import { setImmediate as soon } from "node:timers/promises";

/** A turn, released when done; releasing it twice does nothing. */
export interface Turn {
  release(): void;
}

export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Waits for a turn. */
  async take(): Promise<Turn> {
    const before = this.#last;
    let release = () => {};
    this.#last = new Promise((done) => {
      release = done;
    });
    await before;
    // A device that computes in this thread would otherwise block the events of new and closed requests.
    await soon();
    return { release };
  }
}

/** A semaphore: at most `most` calls run at the same time. */
export class Gate {
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly most: number) {}

  async through<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.most) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#inside++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#inside--;
    }
  }
}
