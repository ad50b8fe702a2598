// The history file: JSON Lines with a line for each case of each run, append-only, so that version control shows
// changes.
import { CambiumError } from "@cambium/ir";
import { z } from "zod";
import type { BenchDocument } from "./result.js";

const entry = z.strictObject({
  date: z.string(),
  commit: z.string().nullable(),
  environment: z.string(),
  suite: z.string(),
  case: z.string(),
  backend: z.string(),
  unit: z.string(),
  median: z.number(),
  low: z.number(),
  high: z.number(),
});

export type HistoryEntry = z.infer<typeof entry>;

/** The lines for a result, without rows that do not count. Four digits: more would be noise in every diff. */
export function historyLines({ environment, rows }: BenchDocument): string {
  const { date, commit, hash } = environment;
  const short = (value: number) => Number(value.toPrecision(4));
  return rows
    .filter(({ parity }) => parity.agrees)
    .map((row): HistoryEntry => {
      const [low, high] = row.interval;
      return {
        ...{ date: date.slice(0, 19), commit, environment: hash, suite: row.suite, case: row.case },
        ...{ backend: row.backend, unit: row.unit, median: short(row.median), low: short(low), high: short(high) },
      };
    })
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");
}

/** @throws CambiumError `E_BENCH_FILE` naming every invalid line */
export function readHistory(text: string, where: string): HistoryEntry[] {
  const read = text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    try {
      return { i, ...entry.safeParse(JSON.parse(line)) };
    } catch {
      return { i, success: false as const, data: undefined };
    }
  });
  const bad = read.filter(({ success }) => !success);
  if (bad.length > 0)
    throw new CambiumError("E_BENCH_FILE", "this is not a history of cambium bench", {
      where,
      reasons: bad.map(({ i }) => ({ where: `line ${i + 1}`, message: "is not a history entry" })),
    });
  return read.flatMap(({ data }) => (data === undefined ? [] : [data]));
}
