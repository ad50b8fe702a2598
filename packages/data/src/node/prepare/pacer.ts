// Reports progress now and then, and yields to the event loop during long synchronous work.
import { setImmediate } from "node:timers/promises";

export interface Progress {
  /**
   * `hash`: the corpus is read for its fingerprint; `tokenize`: it is read again, for its tokens; `mix`: documents are
   * written in another order, and progress counts tokens instead of bytes.
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

  /** Reports if it is time to; `undefined` means all bytes, and is always reported. */
  report(phase: Progress["phase"], bytesDone: number | undefined): boolean {
    this.signal?.throwIfAborted();
    const now = performance.now();
    if (bytesDone !== undefined && now - this.#last < EVERY_MS) return false;
    this.#last = now;
    this.onProgress?.({ phase, bytesDone: bytesDone ?? this.bytesTotal, bytesTotal: this.bytesTotal });
    return true;
  }

  /** As `report`, and yields to timers and input. */
  async breathe(phase: Progress["phase"], bytesDone: number): Promise<void> {
    if (this.report(phase, bytesDone)) await setImmediate();
  }
}
