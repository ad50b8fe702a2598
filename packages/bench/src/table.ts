// A result as a table for people: its columns, as Markdown or as cells, and a line for each contestant.
import { ratioText } from "./ratios.js";
import type { BenchDocument, Failure, Row } from "./result.js";
import { engagedWords, providers } from "./words.js";

interface Column {
  readonly head: string;
  of(row: Row): string;
  readonly right?: boolean;
  /** What it means, for a reader who has only the table. */
  readonly about?: string;
  /** Left out if it is empty in every row. */
  readonly optional?: boolean;
}

/** The columns of the tables for people. What all rows of a contestant engage is said of the contestant. */
function allColumns(shared: Shared): readonly Column[] {
  return [
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
      of: (row) =>
        engagedWords(row)
          .filter((word) => !shared.get(row.backend)?.has(word))
          .join(", "),
      optional: true,
      about: "what computed it, beyond what is said of the contestant; fused attention keeps no scores in memory",
    },
    {
      head: "notes",
      of: notes,
      optional: true,
      about:
        "not steady: the times still changed when the warm-up ended; beyond the peak: something disturbed the peak's measurement, so shares are too high; fallback: not the device that the name suggests",
    },
  ];
}

/** By contestant, the words that all of its rows engage. */
type Shared = ReadonlyMap<string, ReadonlySet<string>>;

function sharedWords(rows: readonly Row[]): Shared {
  const shared = new Map<string, Set<string>>();
  for (const row of rows) {
    const words = engagedWords(row);
    const before = shared.get(row.backend);
    shared.set(row.backend, new Set(words.filter((word) => before?.has(word) ?? true)));
  }
  return shared;
}

function columnsOf({ rows, failures }: BenchDocument): readonly Column[] {
  // A failure is said in the notes.
  const needed = ({ head, of }: Column) =>
    (head === "notes" && failures.length > 0) || rows.some((row) => of(row) !== "");
  return allColumns(sharedWords(rows)).filter((column) => !column.optional || needed(column));
}

/** A line for each contestant: its device, versions, what all of its rows engage, and why it is a fall-back. */
function contestantLines({ environment, rows }: BenchDocument): { name: string; text: string }[] {
  const shared = sharedWords(rows);
  return environment.backends.flatMap(({ name, device, version }) => {
    const fallback = rows.find(({ backend, engaged }) => backend === name && engaged.fallback !== null)?.engaged
      .fallback;
    const said = [version, [...(shared.get(name) ?? [])].join(", "), fallback ? `fallback: ${fallback}` : ""].filter(
      Boolean,
    );
    return said.length === 0 ? [] : [{ name, text: [device, ...said].join("; ") }];
  });
}

export function asMarkdown(document: BenchDocument): string {
  const line = (words: readonly string[]) => `| ${words.map((word) => word.replaceAll("|", "\\|")).join(" | ")} |`;
  const shown = columnsOf(document);
  const failed = ({ suite, case: name, backend, code, message }: Failure): Record<string, string> => {
    const first = `${code}: ${message.split("\n")[0]}`;
    return { case: `${suite} ${name}`, backend, median: "–", notes: first };
  };
  const contestants = contestantLines(document).map(({ name, text }) => `- \`${name}\`: ${text}`);
  return [
    `${machine(document)}\n`,
    ...(contestants.length > 0 ? [...contestants, ""] : []),
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
    contestants: contestantLines(document).map(({ name, text }) => `${name}: ${text}`),
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

/** A share of the fastest product that its noise does not explain. */
const beyond = 1.05;

/** Reasons not to take a row's figure at face value. */
function notes({ parity, engaged, warmup, bound, peakShare }: Row): string {
  return [
    ...(parity.agrees
      ? []
      : [`DOES NOT COUNT: off by ${parity.error?.toPrecision(3) ?? "NaN"} from ${parity.against}`]),
    ...(engaged.fallback === null ? [] : ["fallback"]),
    ...(engaged.decomposed.length === 0 ? [] : [`decomposed: ${engaged.decomposed.join(", ")}`]),
    ...(warmup.steady || warmup.runs === 1 ? [] : ["not steady"]),
    // Passes over memory may stay in the cache; products cannot be faster than the fastest.
    ...(bound === "gemm" && (peakShare ?? 0) > beyond ? ["beyond the peak"] : []),
  ].join("; ");
}

/** With three digits, or whole from a thousand on. */
export function figure(value: number): string {
  return value >= 1000 ? Math.round(value).toString() : value.toPrecision(3);
}
