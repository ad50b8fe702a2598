// cambium bench: the same work on every backend and engine that is installed, in one comparable table.

import { resolve } from "node:path";
import type { BenchDocument } from "@cambium/bench";
import { fileContestant, runBench, suites } from "@cambium/bench/node";
import { CambiumError, highest } from "@cambium/ir";
import { precisions } from "@cambium/train";
import { Command } from "commander";
import { type ContestantFlags, contestantsOf, engineSuites, precisionSuites } from "../bench-contestants.js";
import { appendHistory, readResult, writePage, writeResult } from "../bench-file.js";
import { type BenchFormat, benchFormats, benchText } from "../bench-view.js";
import { Exit } from "../failure.js";
import { listed, listedOf, oneOf, wholeNumber } from "../flags.js";
import type { Host } from "../host.js";
import { exists } from "../model-source.js";
import { Pace } from "../pace.js";
import { stopOnSignals } from "../signals.js";
import { StatusLine } from "../status-line.js";
import { complain, print } from "../terminal.js";
import { benchCompareCommand } from "./bench-compare.js";
import { benchHistoryCommand } from "./bench-history.js";

interface Flags extends ContestantFlags {
  readonly quick?: boolean;
  readonly rounds?: number;
  readonly processes?: number;
  readonly over?: readonly string[];
  readonly case?: readonly string[];
  readonly out?: string;
  readonly history?: string;
  readonly also?: BenchFormat;
  readonly json?: boolean;
  readonly jsonl?: boolean;
  readonly csv?: boolean;
  readonly md?: boolean;
}

const names = suites.map(({ name }) => name);
const width = highest(names.map(({ length }) => length));

export function benchCommand(host: Host): Command {
  return new Command("bench")
    .enablePositionalOptions() // An option after `compare` belongs to compare.
    .option(
      "--suite <names>",
      `${names.join(", ")}; several with commas (default: those that run unnamed, see below)`,
      listed,
    )
    .option("-b, --backend <names>", "backends with their options, e.g. onnx,tfjs:engine=node@bf16,./mine.js", listed)
    .option("--engine <names>", "engines with their options, e.g. torch:nproc=2,./mine.js", listed)
    .option(
      "--precision <kinds>",
      `${precisions.join(", ")}; with several, each backend once in each (default: f32)`,
      listedOf("--precision", precisions),
    )
    .option(
      "--peer <names>",
      "other frameworks to measure too, e.g. torch,torch-bf16: folders of benchmarks/peers",
      listed,
    )
    .option("--quick", "the smallest cases, few samples")
    .option(
      "--rounds <n>",
      "turns of each contestant; more, shorter turns separate close contestants",
      wholeNumber("--rounds", 2),
    )
    .option(
      "--processes <n>",
      "processes that share a contestant's turns of a case (default: 1); several average out where data lie in memory",
      wholeNumber("--processes", 1),
    )
    .option(
      "--over <names>",
      "also give each speed over that of the fastest of these contestants in its case, e.g. torch,torch-bf16",
      listed,
    )
    .option("--case <words>", "only cases whose name has one of these words", listed)
    .option("-o, --out <file>", "keep the result as JSON and as a page beside it; a second run continues it")
    .option("--history <file>", "append the result to a history file, a line for each row")
    .option("--json", "print the result as JSON")
    .option("--jsonl", "print it as JSON Lines, one row per line")
    .option("--csv", "print it as CSV")
    .option("--md", "print it as a table in Markdown")
    .option("--also <format>", "a second format, to standard error", oneOf("--also", benchFormats))
    .addHelpText("after", help)
    .addCommand(benchCompareCommand())
    .addCommand(benchHistoryCommand())
    .action((flags: Flags) => bench(flags, host));
}

const help = `
Without --backend and --engine it measures every installed backend and engine that can compute here; with one of the
two, only what it names, and --backend none measures peers and engines only. An engine takes the suites of training steps
(${engineSuites.join(", ")}): each of its processes trains a short stage.
The contestants of a case take turns, A B A B. A row counts only if its result agrees with the reference. A share is a
fraction of the peak measured in the same run in the same precision.
NAME@PRECISION is a backend in one precision, a contestant of its own. A device that does not compute the precision fails
by name, and only the suites ${precisionSuites.join(", ")} have one.
The exit code is 2 if a row does not count or a case could not be measured.

Suites:
${suites.map(({ name, summary, extra }) => `  ${name.padEnd(width)}  ${summary}${extra ? "; only if named" : ""}`).join("\n")}

With --json: {"schema", "environment": {…, "hash"}, "rows": [{"suite", "case", "backend", "device", "engaged", "unit",
"median", "interval", "samples", "peakShare", "parity", …}], "failures", "complete"}, by the JSON Schema in
@cambium/bench/bench.schema.json.

Examples:
  cambium bench --quick
  cambium bench --suite gemm,step --backend onnx,webgpu --json
  cambium bench --out bench.json --also md
  cambium bench --suite step --backend tfjs:engine=node --precision f32,bf16 --peer torch,torch-bf16
  cambium bench --suite step --backend onnx --peer torch,torch-bf16 --over torch,torch-bf16
  cambium bench compare monday.json tuesday.json`;

async function bench(flags: Flags, host: Host): Promise<void> {
  const project = process.cwd();
  const unknown = (flags.suite ?? []).filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new CambiumError("E_OPTION", "--suite does not fit", { expected: names.join(", "), got: unknown.join(", ") });
  const importer = host.importer(project);
  const contestants = await contestantsOf(flags, project, importer);
  const format = formatOf(flags);
  const out = flags.out === undefined ? undefined : resolve(flags.out);
  const earlier = out !== undefined && (await exists(out)) ? await readResult(out) : undefined;
  requireOver(flags.over, [...contestants.map(({ name }) => name), ...(earlier?.rows ?? []).map((row) => row.backend)]);
  const status = new StatusLine(process.stderr);
  const { signal, release } = stopOnSignals(() => status.show(() => "Stopping …"));
  const pace = new Pace();
  let result: BenchDocument;
  try {
    result = await runBench({
      ...{ contestants, quick: flags.quick ?? false },
      files: fileContestant(project),
      ...(flags.suite && { suites: flags.suite }),
      ...(flags.rounds && { rounds: flags.rounds }),
      ...(flags.processes && { processes: flags.processes }),
      ...(flags.case && { cases: flags.case }),
      ...(flags.over && { over: flags.over }),
      ...(earlier && { earlier }),
      signal,
      onProgress: ({ suite, case: one, contestant, done, total, share }) =>
        status.show(() => {
          const rest = share > 0.02 ? `, about ${pace.left(share, 1)}` : "";
          return `${suite} ${one}: ${contestant}, ${Math.floor(done)} of ${total}${rest}`;
        }),
      onCase: async (sofar) => {
        if (out !== undefined) await writeResult(out, sofar);
      },
    });
  } finally {
    status.stop();
    release();
  }
  if (out !== undefined) {
    await writeResult(out, result);
    complain(`Page: ${await writePage(out, result)}`);
  }
  if (flags.history !== undefined && result.complete) await appendHistory(resolve(flags.history), result);
  print(benchText(result, format));
  if (flags.also) complain(benchText(result, flags.also));
  if (!result.complete) {
    const kept = flags.out === undefined ? "" : `, and kept in ${flags.out}. The same command continues.`;
    throw new Exit(130, `Interrupted; what was measured is printed${kept}`);
  }
  const wrong = result.rows.some(({ parity }) => !parity.agrees);
  if (wrong) throw new Exit(2, "Some rows do not count: see their notes.");
  if (result.failures.length > 0) throw new Exit(2, "Some cases could not be measured: see the last rows.");
}

/** @throws CambiumError `E_OPTION` for a name that no row can have */
function requireOver(over: readonly string[] = [], measured: readonly string[]): void {
  const known = new Set([...measured, "cambium"]);
  const unknown = over.filter((name) => !known.has(name));
  if (unknown.length > 0)
    throw new CambiumError("E_OPTION", "--over names contestants of this run", {
      ...{ where: "--over", expected: [...known].join(", "), got: unknown.join(", ") },
    });
}

function formatOf({ json, jsonl, csv, md }: Flags): BenchFormat {
  const given = Object.entries({ json, jsonl, csv, md }).filter(([, on]) => on);
  if (given.length > 1)
    throw new CambiumError("E_OPTION", "standard output has one format", {
      got: given.map(([name]) => `--${name}`).join(" "),
      hint: "--also FORMAT prints a second one to standard error",
    });
  return (given[0]?.[0] as BenchFormat | undefined) ?? "text";
}
