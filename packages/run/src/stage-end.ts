// When the stage at hand ends: after its tokens, or once the rows recorded so far say so.
import { slopeReached, type Until } from "@cambium/recipe";
import type { MetricsRow } from "@cambium/train";

export class StageEnd {
  readonly #rows: MetricsRow[];
  #reached = false;

  /** @param kept rows of earlier sittings: the stage may have ended with them */
  constructor(
    private readonly until: Until,
    kept: readonly MetricsRow[],
  ) {
    this.#rows = [...kept];
    this.#decide();
  }

  /** Tokens after which the stage ends in any case. */
  get latest(): number {
    return this.until.kind === "tokens" ? this.until.tokens : this.until.most;
  }

  /** The stage ends with the row added last. */
  get reached(): boolean {
    return this.#reached;
  }

  add(row: MetricsRow): void {
    // Only measurements are asked about.
    if (row.heldOutLoss === undefined || this.until.kind === "tokens") return;
    this.#rows.push(row);
    this.#decide();
  }

  #decide(): void {
    this.#reached = this.until.kind === "slope" && slopeReached(this.until, this.#rows);
  }
}
