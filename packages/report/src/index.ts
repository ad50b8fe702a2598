// The report of a run: one self-contained HTML file made from the run directory alone.
import { join } from "node:path";
import { writeFileAtomic } from "@cambium/files";
import { readRun } from "@cambium/run-format/node";
import { type RunSummary, summarize } from "./summary.js";

export type { ArmSummary } from "./arm-summary.js";
export { documentText } from "./document.js";
export { type ArmEvaluation, rowsOf } from "./evaluation.js";
export { html, trusted } from "./html.js";
export { type SeedResult, type SeedSummary, summarizeSeeds } from "./seeds.js";
export type { RunSummary } from "./summary.js";

/**
 * The report of a run as an HTML document without scripts or external requests. A run in progress is reported as far
 * as it has got.
 * @param runDir a directory with run.json, as `cambium run` writes it; it is not changed
 * @throws CambiumError `E_RUN_NOT_FOUND` for a directory that is not a run, `E_RUN_FORMAT` for damaged content
 */
export async function renderReport(runDir: string): Promise<string> {
  const run = await readRun(runDir);
  // Loading the chart library takes a third of a second, so commands without charts do not load it.
  const { renderPage } = await import("./page.js");
  return await renderPage(run);
}

/**
 * The result of a run as data: the figures of the report's table and headline.
 * @throws CambiumError as {@link renderReport}
 */
export async function summarizeRun(runDir: string): Promise<RunSummary> {
  return summarize(await readRun(runDir));
}

/**
 * Writes the report to `runDir`/report.html, atomically. @returns its path
 * @throws CambiumError as {@link renderReport}; file errors
 */
export async function writeReport(runDir: string): Promise<string> {
  const page = await renderReport(runDir);
  const path = join(runDir, "report.html");
  await writeFileAtomic(path, page);
  return path;
}
