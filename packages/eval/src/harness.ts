// Results in the form that EleutherAI's evaluation harness (lm-evaluation-harness 0.4) writes them in, so that scripts
// which read its results read ours.
import type { Evaluated } from "./evaluate.js";

export interface HarnessResults {
  /** By task: `acc,none`, `acc_stderr,none` and so on; a figure without a standard error has "N/A" there. */
  readonly results: Readonly<Record<string, Readonly<Record<string, number | string>>>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly "n-shot": Readonly<Record<string, number>>;
  readonly higher_is_better: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
  readonly "n-samples": Readonly<Record<string, { readonly original: number; readonly effective: number }>>;
}

/** @param rows by task: how many rows its data has, of which `--limit` may have left some out */
export function harnessResults(
  evaluated: readonly Evaluated[],
  rows: Readonly<Record<string, number>>,
): HarnessResults {
  const byTask = <T>(of: (one: Evaluated) => T) => Object.fromEntries(evaluated.map((one) => [one.task, of(one)]));
  return {
    results: byTask(({ task, metrics }) => ({ alias: task, ...figures(metrics) })),
    versions: byTask(({ version }) => version),
    "n-shot": byTask(() => 0),
    higher_is_better: byTask(({ metrics }) =>
      Object.fromEntries(Object.entries(metrics).map(([name, { better }]) => [name, better === "higher"])),
    ),
    "n-samples": byTask(({ task, documents }) => ({ original: rows[task] ?? documents, effective: documents })),
  };
}

function figures(metrics: Evaluated["metrics"]): Record<string, number | string> {
  const pairs = Object.entries(metrics).flatMap(([name, { value, stderr }]): [string, number | string][] => [
    [`${name},none`, value],
    [`${name}_stderr,none`, stderr ?? "N/A"],
  ]);
  return Object.fromEntries(pairs);
}
