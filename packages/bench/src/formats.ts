// A result's rows as text for programs: CSV and JSON Lines.
import type { BenchDocument, Row } from "./result.js";
import { providers } from "./words.js";

const fields = {
  suite: (row: Row) => row.suite,
  case: (row: Row) => row.case,
  backend: (row: Row) => row.backend,
  device: (row: Row) => row.device,
  providers: (row: Row) => providers(row),
  precision: (row: Row) => row.engaged.precision,
  half: (row: Row) => row.engaged.half.join(" "),
  attention: (row: Row) => row.engaged.attention ?? "",
  replay: (row: Row) => row.engaged.replay ?? "",
  features: (row: Row) => row.engaged.features.join("; "),
  fallback: (row: Row) => row.engaged.fallback ?? "",
  unit: (row: Row) => row.unit,
  median: (row: Row) => row.median,
  low: (row: Row) => row.interval[0],
  high: (row: Row) => row.interval[1],
  q1: (row: Row) => row.quartiles[0],
  q3: (row: Row) => row.quartiles[1],
  samples: (row: Row) => row.samples.length,
  seconds: (row: Row) => row.seconds,
  peakShare: (row: Row) => row.peakShare ?? "",
  over: (row: Row) => row.ratio?.over ?? "",
  ratio: (row: Row) => row.ratio?.value ?? "",
  ratioLow: (row: Row) => row.ratio?.interval?.[0] ?? "",
  ratioHigh: (row: Row) => row.ratio?.interval?.[1] ?? "",
  residentBytes: (row: Row) => row.memory.resident ?? "",
  deviceBytes: (row: Row) => row.memory.device ?? "",
  joules: (row: Row) => row.joules ?? "",
  agrees: (row: Row) => row.parity.agrees,
  error: (row: Row) => row.parity.error ?? "",
} as const;

export function asCsv({ rows }: BenchDocument): string {
  const cell = (value: string | number | boolean) =>
    typeof value === "string" && /[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : String(value);
  const lines = rows.map((row) => Object.values(fields).map((of) => cell(of(row))));
  return [Object.keys(fields), ...lines].map((cells) => cells.join(",")).join("\n");
}

/** One row per line, each with the environment's hash. */
export function asJsonLines({ rows, environment }: BenchDocument): string {
  return rows.map((row) => JSON.stringify({ environment: environment.hash, ...row })).join("\n");
}
