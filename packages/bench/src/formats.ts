// A result's rows as text: CSV and JSON Lines for programs, Markdown and table cells for people.
import { ratioText } from "./ratios.js";
import type { BenchDocument, Failure, Row } from "./result.js";

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

interface Column {
  readonly head: string;
  of(row: Row): string;
  readonly right?: boolean;
  /** What it means, for a reader who has only the table. */
  readonly about?: string;
  /** Left out if it is empty in every row. */
  readonly optional?: boolean;
}

/** The columns of the tables for people. */
const columns: readonly Column[] = [
  { head: "case", of: (row) => `${row.suite} ${row.case}` },
  { head: "backend", of: (row) => row.backend },
  { head: "median", of: (row) => figure(row.median), right: true, about: "the middle of all samples" },
  {
    head: "95 % interval",
    of: ({ interval: [low, high] }) => `${figure(low)}–${figure(high)}`,
    about: "of the median, by resampling whole turns",
  },
  { head: "unit", of: (row) => row.unit, about: "s: seconds, less is better; of the others more is" },
  {
    head: "of peak",
    of: ({ peakShare }) => (peakShare === null ? "" : `${(100 * peakShare).toFixed(0)} %`),
    ...{ right: true, optional: true },
    about: "of the backend's own fastest product (GFLOPS, tokens/s) or pass over memory (GB/s) in this run",
  },
  {
    head: "ratio",
    of: ({ ratio }) => (ratio ? `${ratioText(ratio)} × ${ratio.over}` : ""),
    optional: true,
    about: "its speed over that of the contestant named, with a 95 % interval from the turns of both",
  },
  {
    head: "memory, MB",
    of: ({ memory: { resident } }) => (resident === null ? "" : (resident / 1e6).toFixed(0)),
    ...{ right: true, optional: true },
    about: "most resident memory of the process, the engine and Node included",
  },
  {
    head: "J",
    of: ({ joules }) => (joules === null ? "" : figure(joules)),
    ...{ right: true, optional: true },
    about: "joules of the processor a run",
  },
  {
    head: "kernels",
    of: providers,
    optional: true,
    about: "of one run, by what ran them, as the backend's profile tells",
  },
  {
    head: "engaged",
    of: engaged,
    optional: true,
    about:
      "what computed it. plan: kernels are handed over one by one, by a plan made at compiling; captured: a recording of a run is replayed; interpreted: every op is looked up anew",
  },
  {
    head: "notes",
    of: notes,
    optional: true,
    about:
      "not steady: the times still changed when the warm-up ended; fallback: not the device that the name suggests",
  },
];

function columnsOf({ rows, failures }: BenchDocument): readonly Column[] {
  // A failure is said in the notes.
  const needed = ({ head, of }: Column) =>
    (head === "notes" && failures.length > 0) || rows.some((row) => of(row) !== "");
  return columns.filter((column) => !column.optional || needed(column));
}

export function asMarkdown(document: BenchDocument): string {
  const line = (words: readonly string[]) => `| ${words.map((word) => word.replaceAll("|", "\\|")).join(" | ")} |`;
  const shown = columnsOf(document);
  const failed = ({ suite, case: name, backend, code, message }: Failure): Record<string, string> => {
    const first = `${code}: ${message.split("\n")[0]}`;
    return { case: `${suite} ${name}`, backend, median: "–", notes: first };
  };
  return [
    `${machine(document)}\n`,
    line(shown.map(({ head }) => head)),
    line(shown.map(({ right }) => (right ? "---:" : "---"))),
    ...document.rows.map((row) => line(shown.map(({ of }) => of(row)))),
    ...document.failures.map((one) => line(shown.map(({ head }) => failed(one)[head] ?? ""))),
  ].join("\n");
}

/** The rows as cells, for a table drawn by the caller. */
export function benchTable(document: BenchDocument) {
  const shown = columnsOf(document);
  return {
    machine: machine(document),
    columns: shown.map(({ head, right = false, about }) => ({ head, right, about })),
    rows: document.rows.map((row) => shown.map(({ of }) => of(row))),
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

/** How it was computed, e.g. `plan, fused attention, bf16, subgroups of 32`. */
function engaged({ engaged: { replay, attention, half, features } }: Row): string {
  return [...(replay ? [replay] : []), ...(attention ? [`${attention} attention`] : []), ...half, ...features].join(
    ", ",
  );
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

/** With three digits, or whole from a thousand on. */
export function figure(value: number): string {
  return value >= 1000 ? Math.round(value).toString() : value.toPrecision(3);
}
