// The rows that fits take, and their grouping.
import { CambiumError } from "@cambium/ir";

/** One run of a table. */
export interface FitRow {
  /** The line in the file, for messages. */
  readonly line: number;
  readonly group: string;
  /** The form's variables. */
  readonly x: readonly number[];
  /** The loss. */
  readonly y: number;
}

/** A row with its fitted loss. */
export interface Residual {
  readonly line: number;
  readonly group: string;
  readonly x: readonly number[];
  readonly y: number;
  readonly fit: number;
}

/** Rows by group, in the order in which groups first appear. */
export function byGroup(rows: readonly FitRow[]): Map<string, FitRow[]> {
  const groups = new Map<string, FitRow[]>();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return groups;
}

/** @throws CambiumError `E_SCALING_RANK` naming every group with fewer than `least` distinct x */
export function requireDistinct(groups: ReadonlyMap<string, readonly FitRow[]>, least: number, what: string): void {
  const reasons = [...groups].flatMap(([where, rows]) => {
    const distinct = new Set(rows.map((row) => row.x.join())).size;
    return distinct < least
      ? [{ where, message: "too few runs", expected: `${least} ${what}`, got: `${distinct}` }]
      : [];
  });
  if (reasons.length > 0)
    throw new CambiumError("E_SCALING_RANK", "rank: the runs do not determine the fit", { reasons });
}
