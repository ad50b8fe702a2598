// Reports progress now and then, and lets the event loop turn while a long synchronous work goes on.
import { setImmediate } from "node:timers/promises";

export interface Progress {
  /**
   * `hash`: the corpus is read for its fingerprint; `tokenize`: it is read again, for its tokens; `mix`: documents are
   * written in another order, and what is counted is tokens.
   */
  readonly phase: "hash" | "tokenize" | "mix";
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

const EVERY_MS = 40;

/** Cheap enough to be called for every document. */
export class Pacer {
  #last = performance.now();

  constructor(
    readonly bytesTotal: number,
    readonly onProgress: ((progress: Progress) => void) | undefined,
    readonly signal: AbortSignal | undefined,
  ) {}

  /** Reports if it is time to; `undefined` bytes are all of them, and are always reported. */
  report(phase: Progress["phase"], bytesDone: number | undefined): boolean {
    this.signal?.throwIfAborted();
    const now = performance.now();
    if (bytesDone !== undefined && now - this.#last < EVERY_MS) return false;
    this.#last = now;
    this.onProgress?.({ phase, bytesDone: bytesDone ?? this.bytesTotal, bytesTotal: this.bytesTotal });
    return true;
  }

  /** The same, and lets timers and input have their turn. */
  async breathe(phase: Progress["phase"], bytesDone: number): Promise<void> {
    if (this.report(phase, bytesDone)) await setImmediate();
  }
}
