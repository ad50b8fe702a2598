// cambium sweep: runs a recipe over values of its fields. Shared stages are trained once; the results are one table.
import { basename, dirname, extname, join, resolve } from "node:path";
import { readTextFile } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { parseAxes, type SweepAxis, type SweepCell, sweepCells, sweepSection } from "@cambium/recipe";
import { planRecipe, type RecipeSurroundings, recipeReading, runSweep, type SweepOutcome } from "@cambium/run";
import { tokenFlops } from "@cambium/scaling";
import { Command } from "commander";
import { Exit } from "../failure.js";
import { type BackendFlags, backendRequest, repeated, wholeNumber, withBackendFlags } from "../flags.js";
import type { Host } from "../host.js";
import { isoFlopCells } from "../iso-flop.js";
import { stopOnSignals } from "../signals.js";
import { writeTables } from "../sweep-files.js";
import { seedSummaries, sweepRows } from "../sweep-table.js";
import { SweepProgress, sweepText } from "../sweep-view.js";
import { print } from "../terminal.js";

interface Flags extends BackendFlags {
  readonly over?: readonly string[];
  readonly isoFlop?: string;
  readonly vary?: string;
  readonly out?: string;
  readonly jobs: number;
  readonly json?: boolean;
}

export function sweepCommand(host: Host): Command {
  return withBackendFlags(new Command("sweep"))
    .argument("<recipe>", "a recipe file (YAML), with or without a `sweep` section")
    .option(
      "--over <field=values>",
      "a field and its values: growth.0.at=0.5M,1M or seed=0..4; may be repeated",
      repeated,
    )
    .option("--iso-flop <budgets>", "cells of equal FLOPs at each of these budgets, e.g. 3e13,1e14; with --vary")
    .option("--vary <field>", "the field that varies at equal FLOPs, with or without =VALUES")
    .option("-o, --out <dir>", "the sweep's directory (default: runs/NAME-sweep)")
    .option("--jobs <n>", "cells run at the same time, each on its own device", wholeNumber("--jobs", 1), 1)
    .option("--json", "print the table as JSON")
    .addHelpText("after", help)
    .action((recipe: string, flags: Flags) => run(recipe, flags, host));
}

const help = `
The cells are all combinations of the values. Each is a run in DIR/cells/NAME, which \`cambium report\` reads. Stages
are in DIR/stages and shared by content: one base serves every cell that grows from it. The same command continues after
any kill. If a cell fails, it is reported, the other cells still run, and the exit code is 2. DIR/table.csv, .jsonl and
.parquet have a row for each arm of each cell; \`cambium fit DIR\` reads the table, and Optuna's dashboard reads
DIR/optuna.log. With several seeds, arms are compared seed by seed, with 95 % intervals.

With --iso-flop each cell's train.tokens is what its budget pays for. Without values, --vary growth.N.at takes shares of
the FLOPs from 0.03 to 0.5; any other field takes the recipe's own number times 1/4 to 4.

A recipe may list the fields itself:
  sweep: { growth.0.at: [0.5M, 1M, 2M], seed: 0..4 }

With --json: {"directory", "rows": [{"cell", "settings", "arm", "state", "flops", "loss", …}], "seeds", "stages": {"planned",
"distinct", "trained"}, "failed"}

Examples:
  cambium sweep recipe.yaml --over growth.0.at=100k,200k,400k
  cambium sweep recipe.yaml --over growth.0.factor=2,4 --over seed=0..2 --out runs/factors
  cambium sweep recipe.yaml --iso-flop 3e13,1e14 --vary growth.0.at
  cambium sweep recipe.yaml --over "growth.0.at={share: 0.1},{share: 0.3}" --jobs 2 --json`;

async function cellsOf(
  recipe: unknown,
  axes: readonly SweepAxis[],
  { isoFlop, vary }: Flags,
  around: RecipeSurroundings,
): Promise<SweepCell[]> {
  if ((isoFlop === undefined) !== (vary === undefined))
    throw new CambiumError("E_OPTION", "--iso-flop and --vary belong together", {
      expected: "both, or neither",
      got: isoFlop === undefined ? "--vary" : "--iso-flop",
    });
  if (isoFlop === undefined || vary === undefined) return sweepCells(recipe, axes);
  const grid = { budgets: isoFlop.split(",").map((one) => one.trim()), vary };
  return isoFlopCells(recipe, grid, axes, async (cell) => {
    const { arms } = await planRecipe(await recipeReading(cell), around);
    const target = arms[0]?.stages.at(-1)?.stage;
    return target === undefined ? Number.NaN : tokenFlops(target.model, target.context);
  });
}

async function run(path: string, flags: Flags, host: Host): Promise<void> {
  const section = sweepSection(await readTextFile(path), path);
  const given = parseAxes(flags.over ?? []);
  // --over takes precedence over the recipe's `sweep` section.
  const axes: SweepAxis[] = [
    ...section.axes.filter((axis) => given.every(({ path: field }) => field !== axis.path)),
    ...given,
  ];
  const projectDir = dirname(resolve(path));
  const importer = host.importer(projectDir);
  const cells = await cellsOf(section.recipe, axes, flags, { projectDir, importer });
  if (axes.length === 0 && cells.length === 1)
    throw new CambiumError("E_SWEEP", "there is nothing to sweep over", {
      where: path,
      expected: "--over FIELD=VALUES, or a `sweep` section",
      hint: "for example --over seed=0..2",
    });
  const name = `${cells[0]?.recipe.name ?? basename(path, extname(path))}-sweep`;
  const out = resolve(flags.out ?? join("runs", name));
  const backend = backendRequest(flags);
  const progress = new SweepProgress(process.stderr, cells.length);
  const { signal, saveRequests, release } = stopOnSignals(() =>
    progress.note("Stopping after this step, then saving …"),
  );
  let outcome: SweepOutcome;
  try {
    outcome = await runSweep(cells, {
      ...{ out, projectDir, jobs: flags.jobs, signal, saveRequests },
      importer,
      ...(backend && { backend }),
      observer: (cell) => progress.observer(cell),
      onCell: (cell, { error }) => progress.ended(cell, error?.text),
    });
  } finally {
    progress.stop();
    release();
  }
  if (outcome.state === "interrupted")
    throw new Exit(130, `Interrupted, and saved in ${out}. The same command continues.`);
  const rows = await sweepRows(outcome.cells);
  await writeTables(out, name, rows);
  const failed = outcome.cells.filter(({ state }) => state === "failed").length;
  const seeds = seedSummaries(rows);
  const { stages } = outcome;
  if (flags.json) print(JSON.stringify({ directory: out, rows, seeds, stages, failed }));
  else {
    print(sweepText(rows, seeds));
    print(
      `${cells.length} cells, ${stages.planned} stages, ${stages.distinct} distinct; ${stages.trained} trained now.`,
    );
    print(`Table: ${join(out, "table.csv")}`);
  }
  if (failed > 0)
    throw new Exit(
      2,
      flags.json ? "" : `${failed} of ${cells.length} cells failed; the same command tries them again.`,
    );
}
