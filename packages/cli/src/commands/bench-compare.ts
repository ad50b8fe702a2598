// cambium bench compare: compares two results, or two contestants of one, case by case: faster, slower, no difference.
import { type Compared, compare, differences, leftOut, type Measure, pairsBetween, pairsWithin } from "@cambium/bench";
import { CambiumError } from "@cambium/ir";
import { Command } from "commander";
import { readResult } from "../bench-file.js";
import { drawTable } from "../draw-table.js";
import { listed, oneOf } from "../flags.js";
import { complain, print } from "../terminal.js";

interface Flags {
  readonly backend?: readonly string[];
  readonly by: Measure;
  readonly json?: boolean;
}

export function benchCompareCommand(): Command {
  return new Command("compare")
    .description("Compare two results of cambium bench, or two contestants of one.")
    .argument("<first>", "a result, as --out keeps it")
    .argument("[second]", "another; without it --backend names two contestants of the first")
    .option("-b, --backend <names>", "two contestants: before,after", listed)
    .option(
      "--by <time>",
      "clock, or processor: processor time of all threads, which a busy machine disturbs less",
      oneOf<Measure>("--by", ["clock", "processor"]),
      "clock",
    )
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      `
A ratio is the second's speed over the first's, with an interval that holds for all cases together (95 %). The second is
called faster or slower only if 1 lies outside the interval. To compare two builds, run them in turns within one run:

  cambium bench --backend ./before/index.js,./after/index.js --out both.json
  cambium bench compare both.json --backend ./before/index.js,./after/index.js

With --json: {"cases": [{"suite", "case", "backend", "ratio", "interval", "verdict"}], "warnings"}

Examples:
  cambium bench compare monday.json tuesday.json
  cambium bench compare both.json --backend onnx,tfjs`,
    )
    .action(async (first: string, second: string | undefined, { backend, by, json }: Flags) => {
      if (second !== undefined && by === "processor") throw acrossRuns();
      const before = await readResult(first);
      const after = second === undefined ? undefined : await readResult(second);
      const cases = compare(after ? pairsBetween(before, after) : pairsWithin(before, twoOf(backend)), by);
      if (cases.length === 0)
        throw new CambiumError("E_BENCH_COMPARE", "no case counts in both", {
          where: first,
          ...(after && { got: leftOut(before, after).join("; ") || "no rows" }),
          ...(by === "processor" && { hint: "--by clock: results of version 1 and some peers have no processor time" }),
        });
      const warnings = [...differences(before, after ?? before), ...(after ? leftOut(before, after) : [])];
      if (json) print(JSON.stringify({ cases, warnings }));
      else {
        print(compareText(cases));
        for (const warning of after ? warnings : []) complain(`Note: ${warning}.`);
      }
    });
}

function acrossRuns(): CambiumError {
  return new CambiumError("E_OPTION", "processor time is compared only between contestants of one result", {
    ...{ where: "--by", expected: "clock, for two results", got: "processor" },
    hint: "measure both in one run, then name them with --backend",
  });
}

function twoOf(names: readonly string[] = []): [string, string] {
  const [first, second] = names;
  if (first !== undefined && second !== undefined && names.length === 2) return [first, second];
  throw new CambiumError("E_OPTION", "comparing within one result takes two contestants", {
    ...{ expected: "--backend FIRST,SECOND, or a second file", got: names.join(",") || "none" },
  });
}

function compareText(cases: readonly Compared[]): string {
  const rows = cases.map(({ suite, case: name, backend, ratio, interval, verdict }) => {
    const range = interval === null ? "–" : interval.map((end) => end.toFixed(3)).join("–");
    return [`${suite} ${name}`, backend, ratio.toFixed(3), range, verdict];
  });
  const table = drawTable(["case", "backend", "ratio", "interval", "verdict"], rows, (i) => i === 2 || i === 3);
  const count = (verdict: Compared["verdict"]) => cases.filter((one) => one.verdict === verdict).length;
  return `${table}\n${count("faster")} faster, ${count("slower")} slower, ${count("no difference")} without a difference`;
}
