// A result's rows as text: CSV and JSON Lines for programs, Markdown and table cells for people.
import type { BenchDocument, Row } from "./result.js";

const fields = {
  suite: (row: Row) => row.suite,
  case: (row: Row) => row.case,
  backend: (row: Row) => row.backend,
  device: (row: Row) => row.device,
  providers: (row: Row) => providers(row),
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

/** The columns of the tables for people. */
const columns = [
  "case",
  "backend",
  "median",
  "95 % interval",
  "unit",
  "of peak",
  "memory, MB",
  "J",
  "kernels",
  "notes",
];

function cells(row: Row): string[] {
  const [low, high] = row.interval;
  const { resident } = row.memory;
  return [
    ...[`${row.suite} ${row.case}`, row.backend, figure(row.median), `${figure(low)}–${figure(high)}`, row.unit],
    row.peakShare === null ? "" : `${(100 * row.peakShare).toFixed(0)} %`,
    resident === null ? "" : (resident / 1e6).toFixed(0),
    row.joules === null ? "" : figure(row.joules),
    ...[providers(row), notes(row)],
  ];
}

export function asMarkdown(document: BenchDocument): string {
  const line = (words: readonly string[]) => `| ${words.map((word) => word.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    `${machine(document)}\n`,
    line(columns),
    line(columns.map((_, i) => (i === 2 || (i > 4 && i < 8) ? "---:" : "---"))),
    ...document.rows.map((row) => line(cells(row))),
    ...document.failures.map(({ suite, case: name, backend, code, message }) =>
      line([`${suite} ${name}`, backend, "–", "", "", "", "", "", "", `${code}: ${message.split("\n")[0]}`]),
    ),
  ].join("\n");
}

/** The rows as cells, for a table drawn by the caller. */
export function benchTable(document: BenchDocument) {
  return {
    machine: machine(document),
    head: columns,
    rows: document.rows.map(cells),
    failures: document.failures.map(
      ({ suite, case: name, backend, code, message }) => `${suite} ${name}, ${backend}: ${code}: ${message}`,
    ),
  };
}

/** One line about the machine, its load and the date. */
function machine({ environment }: BenchDocument): string {
  const { cpu, cores, node, load, date, hash } = environment;
  const [before = 0, after = 0] = load;
  const when = date.slice(0, 16).replace("T", " ");
  return `${cpu}, ${cores} cores, Node ${node.slice(1)}, load ${before.toFixed(1)} to ${after.toFixed(1)}, ${when}, environment ${hash}`;
}

/** Kernels of one run by what ran them, e.g. `cpu 212 · webgpu 8`; empty if not known. */
function providers({ engaged }: Row): string {
  const counts = Object.entries(engaged.providers ?? {}).sort(([, a], [, b]) => b - a);
  return counts.map(([name, count]) => `${name} ${count}`).join(" · ");
}

/** Reasons not to take a row's figure at face value. */
function notes({ parity, engaged, warmup }: Row): string {
  return [
    ...(parity.agrees
      ? []
      : [`DOES NOT COUNT: off by ${parity.error?.toPrecision(3) ?? "NaN"} from ${parity.against}`]),
    ...(engaged.fallback === null ? [] : [`fallback: ${engaged.fallback}`]),
    ...(engaged.decomposed.length === 0 ? [] : [`decomposed: ${engaged.decomposed.join(", ")}`]),
    ...(warmup.steady || warmup.runs === 1 ? [] : ["not steady"]),
  ].join("; ");
}

function figure(value: number): string {
  return value >= 1000 ? Math.round(value).toString() : value.toPrecision(3);
}
