// cambium run: runs a recipe, from data to report.
import { dirname, resolve } from "node:path";
import { withFileErrors } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { Recipe } from "@cambium/recipe";
import { summarizeRun, writeReport } from "@cambium/report";
import { loadScaledRecipe, type RunOptions, type RunOutcome, runRecipe } from "@cambium/run";
import { Command } from "commander";
import { Exit } from "../failure.js";
import {
  type BackendFlags,
  backendRequest,
  type PrecisionFlags,
  realNumber,
  withBackendFlags,
  withPrecisionFlag,
} from "../flags.js";
import type { Host } from "../host.js";
import { ProgressDisplay } from "../progress.js";
import { stopOnSignals } from "../signals.js";
import { resultTable } from "../table.js";
import { print } from "../terminal.js";

export interface RunFlags extends BackendFlags, PrecisionFlags {
  readonly out?: string;
  readonly scale?: number;
  readonly json?: boolean;
}

export function runCommand(host: Host): Command {
  return withPrecisionFlag(withBackendFlags(new Command("run")))
    .argument("<recipe>", "a recipe file (YAML)")
    .option("-o, --out <dir>", "the run's directory (default: runs/NAME)")
    .option(
      "--scale <s>",
      "multiply widths, batch and steps by s to try the recipe first, e.g. 0.01",
      realNumber("--scale", 0, true),
    )
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
The same command continues where the last one stopped, and does only what has changed. Ctrl-C saves and exits; a second
Ctrl-C exits at once, and work since the last snapshot is done again.

With --json: {"directory", "report", "cached", "name", "state", "arms": […], "comparison", …}

Examples:
  cambium run recipes/quickstart.yaml
  cambium run my.yaml --out /data/runs/one --backend onnx --backend-option threads=4
  cambium run my.yaml --backend webgpu --precision mixed
  cambium run my.yaml --scale 0.01             the same file, small enough to try
  cambium run my.yaml --json > result.json`,
    )
    .action((recipe: string, flags: RunFlags) => run(recipe, flags, host));
}

async function run(recipe: string, flags: RunFlags, host: Host): Promise<void> {
  const folder = dirname(resolve(recipe));
  const { scale } = flags;
  const tried = scale === undefined ? recipe : await loadScaledRecipe(recipe, scale, host.importer(folder));
  await printOutcome(await runToEnd(tried, folder, flags, host), flags);
}

/** Writes the report of a run that is done, and prints its results. */
export async function printOutcome(outcome: RunOutcome, flags: { readonly json?: boolean }): Promise<void> {
  const report = await withFileErrors(outcome.directory, () => writeReport(outcome.directory));
  const summary = await summarizeRun(outcome.directory);
  if (flags.json) {
    print(JSON.stringify({ directory: outcome.directory, report, cached: outcome.cached, ...summary }));
    return;
  }
  print(resultTable(summary));
  print(`${outcome.cached ? "Nothing to do: this run is done. " : ""}Report: ${report}`);
}

/** Runs a recipe, with progress on standard error. @throws Exit if it was interrupted, after saving */
export async function runToEnd(
  recipe: string | Recipe,
  projectDir: string,
  flags: RunFlags,
  host: Host,
  handOver?: RunOptions["handOver"],
): Promise<RunOutcome> {
  const backend = backendRequest(flags);
  const progress = new ProgressDisplay(process.stderr);
  const { signal, saveRequests, release } = stopOnSignals(() =>
    progress.note("Stopping after this step, then saving …"),
  );
  try {
    const outcome = await runRecipe(recipe, {
      projectDir,
      importer: host.importer(projectDir),
      observer: progress,
      ...{ signal, saveRequests },
      ...(flags.out !== undefined && { out: flags.out }),
      ...(backend && { backend }),
      ...(handOver && { handOver }),
      ...(flags.precision !== undefined && { precision: flags.precision }),
    });
    if (outcome.state === "done") return outcome;
    throw new Exit(130, `Interrupted, and saved in ${outcome.directory}. The same command continues.`);
  } catch (error) {
    throw progress.hasTrained ? withContinueHint(error) : error;
  } finally {
    progress.stop();
    release();
  }
}

/** Errors caused by the environment. Once the cause is removed, the run can continue from its last snapshot. */
const recoverable = [
  "E_DISK_FULL",
  "E_READ_ONLY",
  "E_PERMISSION",
  "E_IO",
  "E_OPEN_FILES",
  "E_DEVICE_LOST",
  "E_OUT_OF_MEMORY",
];

function withContinueHint(error: unknown): unknown {
  if (!(error instanceof CambiumError) || !recoverable.includes(error.code)) return error;
  const { hint, ...details } = error.details;
  const onward = "then the same command continues from the last snapshot";
  return new CambiumError(error.code, error.summary, { ...details, hint: hint ? `${hint}; ${onward}` : onward });
}
