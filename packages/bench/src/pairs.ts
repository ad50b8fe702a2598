// Pairs the rows to compare, of two results or within one.
import { CambiumError, highest } from "@cambium/ir";
import type { Pair } from "./compare.js";
import type { BenchDocument, Environment, Row } from "./result.js";

/** Rows of the same case and contestant in two results, if they count in both and are in the same unit. */
export function pairsBetween(first: BenchDocument, second: BenchDocument): Pair[] {
  return first.rows.flatMap((row) => {
    const other = sameRow(row, second);
    if (!other || row.unit !== other.unit || !counts(row) || !counts(other)) return [];
    return [{ first: row, second: other, inTurns: false }];
  });
}

/** Which rows of two results `pairsBetween` leaves out, and why, in words. */
export function leftOut(first: BenchDocument, second: BenchDocument): string[] {
  const alone = (rows: readonly Row[], other: BenchDocument) => rows.filter((row) => !sameRow(row, other));
  const both = first.rows.flatMap((row) => {
    const other = sameRow(row, second);
    return other ? [[row, other] as const] : [];
  });
  const reasons: [rows: readonly Row[], why: string][] = [
    [alone(first.rows, second), "only in the first"],
    [alone(second.rows, first), "only in the second"],
    [both.flatMap(([a, b]) => (counts(a) && counts(b) ? [] : [a])), "left out: a row does not count or has no samples"],
    [both.flatMap(([a, b]) => (a.unit === b.unit ? [] : [a])), "left out: the units differ"],
  ];
  return reasons.flatMap(([rows, why]) => {
    const names = rows.map(({ suite, case: name, backend }) => `${suite} ${name}, ${backend}`);
    const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
    return names.length === 0 ? [] : [`${why}: ${names.slice(0, 3).join("; ")}${more}`];
  });
}

/** Whether a row can be compared. */
function counts({ parity, samples }: Row): boolean {
  return parity.agrees && samples.length > 0 && samples.every((sample) => sample > 0 && Number.isFinite(sample));
}

function sameRow(row: Row, { rows }: BenchDocument): Row | undefined {
  return rows.find((one) => sameCase(one, row) && one.backend === row.backend);
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
    if (row.backend !== first || !counts(row)) return [];
    const other = rows.find((one) => one.backend === second && sameCase(one, row) && counts(one));
    return other?.unit === row.unit ? [{ first: row, second: other, inTurns: true }] : [];
  });
}

/** Reasons against comparing two results, in words. */
export function differences(first: BenchDocument, second: BenchDocument): string[] {
  const [a, b] = [first.environment, second.environment];
  const load = Math.max(highest(a.load), highest(b.load));
  return [
    ...(a.hash === b.hash
      ? []
      : [`the environments differ, so a difference may come from there: ${changed(a, b).join("; ")}`]),
    ...(load <= a.cores
      ? []
      : [`the machine was busy (load ${load} on ${a.cores} cores), so only large differences show`]),
  ];
}

function sameCase(a: Row, b: Row): boolean {
  return a.suite === b.suite && a.case === b.case;
}

/** The facts that two environments' hashes differ by, in words. */
function changed(a: Environment, b: Environment): string[] {
  const facts = ({ commit, date, load, hash, backends, ...rest }: Environment) => {
    const versions = backends.map(({ name, version, device }) => [name, `${version}, ${device}`] as const);
    return new Map<string, string>([
      ...Object.entries(rest).map(([key, value]) => [key, `${value}`] as const),
      ...versions,
    ]);
  };
  const [before, after] = [facts(a), facts(b)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [was = "none", is = "none"] = [before.get(key), after.get(key)];
    return was === is ? [] : [`${key}: ${was}, then ${is}`];
  });
}
