// When a stage ends or pauses: after its tokens, or once the rows recorded so far decide it.
import { lastSlope, nextProbe, slopeReached, type Until } from "@cambium/recipe";
import type { ProbeRecord, StageManifest } from "@cambium/run-format";
import type { MetricsRow } from "@cambium/train";

export interface StageEndOptions {
  /** Rows of earlier attempts that measured the held-out loss: the stage may have ended with the last of them. */
  readonly kept: readonly MetricsRow[];
  /** Probes of the growth after the stage so far. */
  readonly probes: readonly ProbeRecord[];
  /** Tokens after which the stage pauses in any case, because it is on trial; absent otherwise. */
  readonly tryFor?: number;
}

export class StageEnd {
  readonly #rows: MetricsRow[];
  #reached = false;

  constructor(
    private readonly until: Until,
    private readonly options: StageEndOptions,
  ) {
    this.#rows = [...options.kept];
    this.#decide();
  }

  /** Tokens after which the stage ends or pauses in any case. */
  get latest(): number {
    return Math.min(this.#ownLatest(), this.options.tryFor ?? Number.POSITIVE_INFINITY);
  }

  /** The stage ends with the row added last. */
  get reached(): boolean {
    return this.#reached;
  }

  /** Whether a stage that stops after `tokens` tokens has ended; else it pauses, and may go on. */
  ended(tokens: number): boolean {
    if (this.#reached) return true;
    if (this.until.kind === "tokens") return tokens >= this.until.tokens;
    return tokens >= this.until.most || (this.options.probes.at(-1)?.grew === true && tokens >= this.#ownLatest());
  }

  /** Why it ended, if a slope decides. */
  get slope(): StageManifest["slope"] | undefined {
    const slope = this.until.kind === "slope" ? lastSlope(this.until, this.#rows) : null;
    if (this.until.kind !== "slope" || slope === null) return undefined;
    return { slope, threshold: this.until.threshold, reached: this.#reached };
  }

  add(row: MetricsRow): void {
    // Only measurements of the held-out loss count.
    if (row.heldOutLoss === undefined || this.until.kind !== "slope") return;
    this.#rows.push(row);
    this.#decide();
  }

  #ownLatest(): number {
    const last = this.options.probes.at(-1);
    if (this.until.kind === "tokens") return this.until.tokens;
    if (this.until.kind === "slope") return this.until.most;
    return last?.grew ? last.tokens : nextProbe(this.until, last?.tokens ?? 0);
  }

  #decide(): void {
    this.#reached = this.until.kind === "slope" && slopeReached(this.until, this.#rows);
  }
}
