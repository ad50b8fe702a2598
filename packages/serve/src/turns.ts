// Who may use the device: one at a time, in the order of asking.
import { setImmediate as soon } from "node:timers/promises";

/** Given back when done; once is enough. */
export interface Turn {
  release(): void;
}

export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Waits for its turn. */
  async take(): Promise<Turn> {
    const before = this.#last;
    let release = () => {};
    this.#last = new Promise((done) => {
      release = done;
    });
    await before;
    // A device that computes in this thread would else keep the server from hearing of new requests and closed ones.
    await soon();
    return { release };
  }
}

/** Lets `most` at a time in. */
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
