// Statistics over the rows of several seeds: means with their spread, and differences in words.
import {
  type PairedDifference,
  pairedDifference,
  type SeedStatistics,
  seedStatistics,
  statisticsText,
} from "@cambium/scaling";
import type { Verdict } from "./page.js";
import type { Row } from "./sweep.js";

export function lossOf(rows: readonly Row[]): SeedStatistics {
  return seedStatistics(rows.map(({ loss }) => loss));
}

/** Final loss of the first minus that of the second, seed by seed. Undefined if no seed has both. */
export function difference(first: readonly Row[], second: readonly Row[]): PairedDifference | undefined {
  const pairs = first.flatMap(({ seed, loss }): [number, number][] => {
    const other = second.find((row) => row.seed === seed);
    return other === undefined ? [] : [[loss, other.loss]];
  });
  return pairs.length === 0 ? undefined : pairedDifference(pairs);
}

/** The verdict on the paper's claim that `difference` is below 0. */
export function below(difference: PairedDifference | undefined): Verdict {
  if (difference === undefined || difference.differs === null) return "not shown";
  if (!difference.differs) return "no difference";
  return difference.mean < 0 ? "as the paper" : "against the paper";
}

/** `2.3418 ± 0.0120 [2.3120, 2.3716]`. */
export function spread(statistics: SeedStatistics, digits = 4): string {
  return statisticsText(statistics, (value) => value.toFixed(digits).replace("-", "−"));
}

/** A difference with its interval, in nats. */
export function said(difference: PairedDifference | undefined): string {
  return difference === undefined ? "not measured" : `${spread(difference)} nats, ${difference.count} seeds paired`;
}

/** Rows by a key, in the order in which keys first appear. */
export function groupBy<K>(rows: readonly Row[], key: (row: Row) => K): Map<K, Row[]> {
  const groups = new Map<K, Row[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return groups;
}
