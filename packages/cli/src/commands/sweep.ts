// cambium sweep: a recipe over values of its fields, stages in common trained once, all results in one table.
import { basename, dirname, extname, join, resolve } from "node:path";
import { readTextFile, writeFileAtomic } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { parseAxis, type SweepAxis, sweepCells, sweepSection } from "@cambium/recipe";
import { runSweep, type SweepOutcome } from "@cambium/run";
import { Command } from "commander";
import { Exit } from "../failure.js";
import { type BackendFlags, backendRequest, repeated, wholeNumber, withBackendFlags } from "../flags.js";
import type { Host } from "../host.js";
import { stopOnSignals } from "../signals.js";
import { asCsv, asJsonLines, seedSummaries, sweepRows } from "../sweep-table.js";
import { SweepProgress, sweepText } from "../sweep-view.js";
import { print } from "../terminal.js";

interface Flags extends BackendFlags {
  readonly over?: readonly string[];
  readonly out?: string;
  readonly jobs: number;
  readonly json?: boolean;
}

export function sweepCommand(host: Host): Command {
  return withBackendFlags(new Command("sweep"))
    .description("Run a recipe over values of its fields; stages in common are trained once, results are one table.")
    .argument("<recipe>", "a recipe file (YAML), with or without a `sweep` section")
    .option(
      "--over <field=values>",
      "a field and its values: growth.0.at=0.5M,1M or seed=0..4; may be repeated",
      repeated,
    )
    .option("-o, --out <dir>", "the sweep's directory (default: runs/NAME-sweep)")
    .option("--jobs <n>", "cells at a time, each on a device of its own", wholeNumber("--jobs", 1), 1)
    .option("--json", "print the table as JSON")
    .addHelpText("after", help)
    .action((recipe: string, flags: Flags) => run(recipe, flags, host));
}

const help = `
Cells are all combinations of the values. Each is a run in DIR/cells/NAME, which \`cambium report\` reads; their stages
lie in DIR/stages and are shared by content: one base serves all that grow from it. The same command again continues
after any kill. A cell that fails is reported, the others are run, and the exit code is 2. DIR/table.csv and
DIR/table.jsonl have a row for each arm of each cell; \`cambium fit DIR\` reads them. Over seeds, arms are compared seed by
seed, with intervals of 95 %.

A recipe may have the fields itself:
  sweep: { growth.0.at: [0.5M, 1M, 2M], seed: 0..4 }

With --json: {"directory", "rows": [{"cell", "settings", "arm", "state", "flops", "loss", …}], "seeds", "stages": {"planned",
"distinct", "trained"}, "failed"}

Examples:
  cambium sweep recipe.yaml --over growth.0.at=100k,200k,400k
  cambium sweep recipe.yaml --over growth.0.factor=2,4 --over seed=0..2 --out runs/factors
  cambium sweep recipe.yaml --over "growth.0.at={share: 0.1},{share: 0.3}" --jobs 2 --json`;

async function run(path: string, flags: Flags, host: Host): Promise<void> {
  const section = sweepSection(await readTextFile(path), path);
  const given = (flags.over ?? []).map(parseAxis);
  // The command line has the last word on a field.
  const axes: SweepAxis[] = [
    ...section.axes.filter((axis) => given.every(({ path: field }) => field !== axis.path)),
    ...given,
  ];
  const cells = sweepCells(section.recipe, axes);
  if (axes.length === 0 && cells.length === 1)
    throw new CambiumError("E_SWEEP", "there is nothing to sweep over", {
      where: path,
      expected: "--over FIELD=VALUES, or a `sweep` section",
      hint: "for example --over seed=0..2",
    });
  const out = resolve(flags.out ?? join("runs", `${cells[0]?.recipe.name ?? basename(path, extname(path))}-sweep`));
  const projectDir = dirname(resolve(path));
  const backend = backendRequest(flags);
  const progress = new SweepProgress(process.stderr, cells.length);
  const { signal, saveRequests, release } = stopOnSignals(() =>
    progress.note("Stopping after this step, then saving …"),
  );
  let outcome: SweepOutcome;
  try {
    outcome = await runSweep(cells, {
      ...{ out, projectDir, jobs: flags.jobs, signal, saveRequests },
      importer: host.importer(projectDir),
      ...(backend && { backend }),
      observer: (cell) => progress.observer(cell),
      onCell: (cell, { error }) => progress.ended(cell, error && `${error.code}: ${error.message}`),
    });
  } finally {
    progress.stop();
    release();
  }
  if (outcome.state === "interrupted")
    throw new Exit(130, `Interrupted, and saved in ${out}. The same command continues.`);
  const rows = await sweepRows(outcome.cells);
  await writeFileAtomic(join(out, "table.jsonl"), asJsonLines(rows));
  await writeFileAtomic(join(out, "table.csv"), asCsv(rows));
  const failed = outcome.cells.filter(({ state }) => state === "failed").length;
  const seeds = seedSummaries(rows);
  const { stages } = outcome;
  if (flags.json) print(JSON.stringify({ directory: out, rows, seeds, stages, failed }));
  else {
    print(sweepText(rows, seeds));
    print(
      `${cells.length} cells of ${stages.planned} stages, ${stages.distinct} of them different; ${stages.trained} trained now.`,
    );
    print(`Table: ${join(out, "table.csv")}`);
  }
  if (failed > 0)
    throw new Exit(
      2,
      flags.json ? "" : `${failed} of ${cells.length} cells failed; the same command tries them again.`,
    );
}
