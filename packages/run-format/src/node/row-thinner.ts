// Thins the rows of a long stage for the report, in memory that does not grow with the run. Of every stretch of rows it
// keeps the first, the last, and the lowest and highest of each measurement, so that no spike is lost.
import type { MetricsRow } from "@cambium/train";

/** The thinned rows of a stage. */
export interface ThinRows {
  /** In order of `step`, each step once. */
  readonly rows: readonly MetricsRow[];
  /** How many rows there were, and how many of them skipped their step. */
  readonly counted: { readonly rows: number; readonly skipped: number };
}

const measurements = ["loss", "heldOutLoss", "gradNorm", "lr", "lossScale", "memoryBytes"] as const;

export class RowThinner {
  /** The kept rows of each stretch. */
  #stretches: MetricsRow[][] = [];
  /** Rows per stretch. */
  #span = 1;
  /** Rows that the last stretch covers so far. */
  #filled = 0;
  #rows = 0;
  #skipped = 0;
  #last = -1;
  /** The first row whose loss is not finite. */
  #lost: MetricsRow | undefined;

  /** @param most the largest number of stretches; up to that many rows, all are kept */
  constructor(private readonly most: number) {}

  add(row: MetricsRow): void {
    this.#dropFrom(row.step);
    this.#rows++;
    this.#last = row.step;
    if (row.skipped) this.#skipped++;
    if (!Number.isFinite(row.loss)) this.#lost ??= row;
    const open = this.#stretches.at(-1);
    if (open === undefined || this.#filled >= this.#span) {
      this.#stretches.push([row]);
      this.#filled = 1;
    } else {
      open.push(row);
      this.#filled++;
      if (open.length > 4 * measurements.length) this.#stretches[this.#stretches.length - 1] = extremes(open);
    }
    if (this.#stretches.length > this.most) this.#merge();
  }

  thinned(): ThinRows {
    const rows = this.#stretches.flatMap((stretch) => extremes(stretch));
    const lost = this.#lost;
    if (lost !== undefined && !rows.includes(lost)) {
      const at = rows.findIndex(({ step }) => step > lost.step);
      rows.splice(at < 0 ? rows.length : at, 0, lost);
    }
    return { rows, counted: { rows: this.#rows, skipped: this.#skipped } };
  }

  /** A run that continued from a snapshot writes steps again: drops the rows from `step` on, since later ones count. */
  #dropFrom(step: number): void {
    if (step > this.#last) return;
    this.#rows -= Math.min(this.#rows, this.#last - step + 1);
    if ((this.#lost?.step ?? -1) >= step) this.#lost = undefined;
    for (let open = this.#stretches.at(-1); open !== undefined; open = this.#stretches.at(-1)) {
      while (open.length > 0 && (open.at(-1) as MetricsRow).step >= step) if (open.pop()?.skipped) this.#skipped--;
      if (open.length > 0) break;
      this.#stretches.pop();
    }
  }

  /** Merges neighbouring stretches and doubles the length of those to come. */
  #merge(): void {
    const all = this.#stretches;
    this.#stretches = Array.from({ length: Math.ceil(all.length / 2) }, (_, i) =>
      extremes([...(all[2 * i] as MetricsRow[]), ...(all[2 * i + 1] ?? [])]),
    );
    this.#filled = all.length % 2 === 0 ? 2 * this.#span : this.#filled;
    this.#span *= 2;
  }
}

/** Of rows in order: the first, the last, the last one with a held-out loss, and the extremes of each measurement. */
function extremes(rows: readonly MetricsRow[]): MetricsRow[] {
  if (rows.length <= 2) return [...rows];
  const keep = new Set([0, rows.length - 1]);
  for (const key of measurements) {
    let [low, high] = [-1, -1];
    for (const [i, row] of rows.entries()) {
      const value = row[key];
      if (value === undefined || !Number.isFinite(value)) continue;
      if (low < 0 || value < (rows[low]?.[key] as number)) low = i;
      if (high < 0 || value > (rows[high]?.[key] as number)) high = i;
    }
    if (low >= 0) keep.add(low).add(high);
  }
  const measured = rows.findLastIndex(({ heldOutLoss }) => heldOutLoss !== undefined);
  if (measured >= 0) keep.add(measured);
  return [...keep].sort((a, b) => a - b).map((i) => rows[i] as MetricsRow);
}
