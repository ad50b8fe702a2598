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
  for (const row of rows) {
    const group = groups.get(row.group);
    if (group) group.push(row);
    else groups.set(row.group, [row]);
  }
  return groups;
}

export interface Determined {
  /** Groups with enough distinct x. */
  readonly groups: ReadonlyMap<string, readonly FitRow[]>;
  /** One for each group left out. */
  readonly warnings: readonly string[];
}

/**
 * The groups with at least `least` distinct x. Groups with fewer are left out with a warning.
 * @param variable counts only the distinct values of the x with this index
 * @throws CambiumError `E_SCALING_RANK` naming every group if none is left
 */
export function determined(
  groups: ReadonlyMap<string, readonly FitRow[]>,
  least: number,
  what: string,
  variable?: number,
): Determined {
  const enough = new Map([...groups].filter(([, rows]) => distinct(rows, variable) >= least));
  if (enough.size === 0) requireDistinct(groups, least, what, variable);
  const warnings = [...groups]
    .filter(([name]) => !enough.has(name))
    .map(
      ([name, rows]) =>
        `${name} is left out: it has ${distinct(rows, variable)} of the ${least} ${what} that a fit needs`,
    );
  return { groups: enough, warnings };
}

/** @throws CambiumError `E_SCALING_RANK` naming every group with fewer than `least` distinct x */
export function requireDistinct(
  groups: ReadonlyMap<string, readonly FitRow[]>,
  least: number,
  what: string,
  variable?: number,
): void {
  const reasons = [...groups]
    .filter(([, rows]) => distinct(rows, variable) < least)
    .map(([where, rows]) => ({
      ...{ where, message: "too few different runs" },
      ...{ expected: `${least} ${what}`, got: `${distinct(rows, variable)}` },
    }));
  if (reasons.length > 0)
    throw new CambiumError("E_SCALING_RANK", "the runs do not determine the fit", {
      reasons,
      hint: "add runs, or name other columns with --x and --group",
    });
}

function distinct(rows: readonly FitRow[], variable: number | undefined): number {
  return new Set(rows.map(({ x }) => (variable === undefined ? x.join() : x[variable]))).size;
}
