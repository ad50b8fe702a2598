// Pairs the rows to compare, of two results or within one.
import { CambiumError, highest } from "@cambium/ir";
import type { Pair } from "./compare.js";
import type { BenchDocument, Row } from "./result.js";

/** Rows of the same case and contestant in two results, if they count in both. */
export function pairsBetween(first: BenchDocument, second: BenchDocument): Pair[] {
  return first.rows.flatMap((row) => {
    const other = second.rows.find((one) => sameCase(one, row) && one.backend === row.backend);
    return other && row.parity.agrees && other.parity.agrees ? [{ first: row, second: other, inTurns: false }] : [];
  });
}

/** Rows of two contestants of one result, which took turns. @throws CambiumError `E_BENCH_COMPARE` */
export function pairsWithin({ rows }: BenchDocument, [first, second]: readonly [string, string]): Pair[] {
  const known = [...new Set(rows.map(({ backend }) => backend))];
  const unknown = [first, second].filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new CambiumError("E_BENCH_COMPARE", "the result has no such contestant", {
      ...{ expected: known.join(", "), got: unknown.join(", ") },
    });
  return rows.flatMap((row) => {
    if (row.backend !== first || !row.parity.agrees) return [];
    const other = rows.find((one) => one.backend === second && sameCase(one, row) && one.parity.agrees);
    return other ? [{ first: row, second: other, inTurns: true }] : [];
  });
}

/** Reasons against comparing two results, in words. */
export function differences(first: BenchDocument, second: BenchDocument): string[] {
  const [a, b] = [first.environment, second.environment];
  const load = Math.max(highest(a.load), highest(b.load));
  return [
    ...(a.hash === b.hash ? [] : ["the environments differ, so a difference may come from the machine or a version"]),
    ...(load <= a.cores
      ? []
      : [`the machine was busy (load ${load} on ${a.cores} cores), so only large differences show`]),
  ];
}

function sameCase(a: Row, b: Row): boolean {
  return a.suite === b.suite && a.case === b.case;
}
