// Each row's speed over that of another contestant in the same case, with an interval: what every table of ratios shows.
import { compare } from "./compare.js";
import type { Row } from "./result.js";

export type Ratio = NonNullable<Row["ratio"]>;

/** @param names the contestants whose fastest in a case is what the others are divided by; none: no ratios */
export function withRatios(rows: readonly Row[], names: readonly string[] = []): Row[] {
  return rows.map(({ ratio: _, ...row }) => {
    const base = fastest(
      rows.filter((one) => one.suite === row.suite && one.case === row.case),
      names,
    );
    const other = row.parity.agrees && base && base.backend !== row.backend;
    return other ? { ...row, ratio: ratioOver(row, base) } : row;
  });
}

/** The fastest of these contestants among the rows of a case, if one of their rows counts. */
export function fastest(rows: readonly Row[], names: readonly string[]): Row | undefined {
  const those = rows.filter(({ backend, parity }) => names.includes(backend) && parity.agrees);
  return those.toSorted((a, b) => a.seconds - b.seconds)[0];
}

/**
 * The row's speed over the base's.
 * @param inTurns whether both took turns, so that the turns of a round are compared with each other
 */
export function ratioOver(row: Row, base: Row, inTurns = true): Ratio {
  const [found] = compare([{ first: base, second: row, inTurns }]);
  const { ratio = Number.NaN, interval = null } = found ?? {};
  return { over: base.backend, value: ratio, interval: interval && [...interval] };
}

/** E.g. `1.85 (1.79–1.91)`. */
export function ratioText({ value, interval }: Omit<Ratio, "over">): string {
  const ends = interval?.map((end) => end.toFixed(2)).join("–");
  return `${value.toFixed(2)}${ends === undefined ? "" : ` (${ends})`}`;
}
