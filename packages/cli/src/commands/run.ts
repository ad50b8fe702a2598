// cambium run: a recipe from data to report.
import { type RunOutcome, runRecipe } from "@cambium/experiment";
import { summarizeRun, writeReport } from "@cambium/report";
import { Command } from "commander";
import { Interrupted } from "../failure.js";
import { backendOptions, type BackendFlags, withBackendFlags } from "../flags.js";
import { stopOnSignals } from "../signals.js";
import { ProgressDisplay } from "../progress.js";
import { resultTable } from "../table.js";

interface Flags extends BackendFlags {
  readonly out?: string;
  readonly json?: boolean;
}

export function runCommand(): Command {
  return withBackendFlags(new Command("run"))
    .description("Run a recipe: train the base, grow it, train on, train from scratch beside it, and report.")
    .argument("<recipe>", "a recipe file (YAML)")
    .option("-o, --out <dir>", "the run's directory (default: runs/NAME)")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
The same command again continues where the last one stopped, and does only what has changed.

Examples:
  cambium run recipes/quickstart.yaml
  cambium run my.yaml --out /data/runs/one --backend onnx --backend-option threads=4
  cambium run my.yaml --json > result.json`,
    )
    .action(run);
}

async function run(recipe: string, flags: Flags): Promise<void> {
  const outcome = await runToEnd(recipe, flags);
  const report = await writeReport(outcome.directory);
  const summary = await summarizeRun(outcome.directory);
  if (flags.json) {
    console.log(JSON.stringify({ directory: outcome.directory, report, cached: outcome.cached, ...summary }));
    return;
  }
  console.log(resultTable(summary));
  console.log(`${outcome.cached ? "Nothing to do: this run is done. " : ""}Report: ${report}`);
}

/** Runs a recipe with progress on standard error. @throws Interrupted when it was stopped and has saved. */
export async function runToEnd(recipe: string, flags: Flags): Promise<RunOutcome> {
  const progress = new ProgressDisplay(process.stderr);
  const { signal, release } = stopOnSignals(() => progress.note("Stopping after this step, then saving …"));
  try {
    const backend = backendOptions(flags);
    const outcome = await runRecipe(recipe, {
      observer: progress,
      signal,
      ...(flags.out !== undefined && { out: flags.out }),
      ...(backend && { backend }),
    });
    if (outcome.state === "aborted") throw new Interrupted(`Saved in ${outcome.directory}. The same command continues.`);
    return outcome;
  } finally {
    progress.stop();
    release();
  }
}
