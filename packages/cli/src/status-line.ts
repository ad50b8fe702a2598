// A progress line: redrawn in place on a terminal, printed now and then elsewhere.
import { visible } from "./terminal.js";

/** Milliseconds between two updates, without a terminal and with one. */
const every = { plain: 10_000, terminal: 200 };

export class StatusLine {
  readonly #terminal: boolean;
  #shown = performance.now();

  constructor(private readonly stream: NodeJS.WriteStream) {
    this.#terminal = stream.isTTY === true;
  }

  /** Shows `line()`, unless the last update was too recent. */
  show(line: () => string): void {
    const now = performance.now();
    if (now - this.#shown < (this.#terminal ? every.terminal : every.plain)) return;
    this.#shown = now;
    // A line that wraps could not be redrawn.
    const most = (this.stream.columns || Number.POSITIVE_INFINITY) - 1;
    this.stream.write(this.#terminal ? `\r${visible(line()).slice(0, most)}\x1b[K` : `${visible(line())}\n`);
  }

  /** Clears the line from the terminal. */
  stop(): void {
    if (this.#terminal) this.stream.write("\r\x1b[K");
  }
}
