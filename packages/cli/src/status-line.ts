// A line that says how far something has come: redrawn on a terminal, now and then a new one without.
import { visible } from "./terminal.js";

/** Milliseconds between two lines, without a terminal and with one. */
const every = { plain: 10_000, terminal: 200 };

export class StatusLine {
  readonly #terminal: boolean;
  #shown = performance.now();

  constructor(private readonly stream: NodeJS.WriteStream) {
    this.#terminal = stream.isTTY === true;
  }

  /** Shows what `line` makes, if it is time for it. */
  show(line: () => string): void {
    const now = performance.now();
    if (now - this.#shown < (this.#terminal ? every.terminal : every.plain)) return;
    this.#shown = now;
    this.stream.write(this.#terminal ? `\r${visible(line())}\x1b[K` : `${visible(line())}\n`);
  }

  /** Takes the line off the terminal. */
  stop(): void {
    if (this.#terminal) this.stream.write("\r\x1b[K");
  }
}
