// The report of a run: one self-contained HTML file made from the run directory alone.
import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { readRun } from "./read-run.js";
import { type RunSummary, summarize } from "./summary.js";

export type { ArmSummary, RunSummary } from "./summary.js";

/**
 * The report of a run as an HTML document without scripts or external requests. A run in progress is reported as far
 * as it has come.
 * @param runDir directory with run.json, as `cambium run` writes it; nothing in it is changed.
 * @throws CambiumError `E_RUN_NOT_FOUND` for a directory that is no run, `E_RUN_FORMAT` for damaged content.
 */
export async function renderReport(runDir: string): Promise<string> {
  const run = await readRun(runDir);
  // Charts take a third of a second to load, which a command that draws none should not pay.
  const { renderPage } = await import("./page.js");
  return await renderPage(run);
}

/**
 * The result of a run as data, the same figures as the report's table and headline.
 * @throws CambiumError as {@link renderReport}.
 */
export async function summarizeRun(runDir: string): Promise<RunSummary> {
  return summarize(await readRun(runDir));
}

/**
 * Renders the report into `runDir`/report.html and returns that path. A reader never sees half a report: it is
 * written beside its place and moved there.
 * @throws CambiumError as {@link renderReport}; errors of the file system as they come.
 */
export async function writeReport(runDir: string): Promise<string> {
  const page = await renderReport(runDir);
  const path = join(runDir, "report.html");
  const scratch = join(runDir, `.report.${randomUUID()}.html`);
  try {
    const file = await open(scratch, "wx");
    try {
      await file.writeFile(page);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(scratch, path);
  } catch (error) {
    await rm(scratch, { force: true });
    throw error;
  }
  return path;
}
