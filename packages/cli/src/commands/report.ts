// cambium report: writes a run's report from its directory.
import { withFileErrors } from "@cambium/files";
import { summarizeRun, writeReport } from "@cambium/report";
import { Command } from "commander";
import { resultTable } from "../table.js";
import { print } from "../terminal.js";

export function reportCommand(): Command {
  return new Command("report")
    .argument("<run>", "a run's directory")
    .option("--json", "print the figures as JSON")
    .addHelpText(
      "after",
      `
With --json: {"report", "name", "state", "arms": […], "comparison", …}

Examples:
  cambium report runs/quickstart
  cambium report runs/quickstart --json`,
    )
    .action(async (run: string, { json }: { json?: boolean }) => {
      const report = await withFileErrors(run, () => writeReport(run));
      const summary = await summarizeRun(run);
      print(json ? JSON.stringify({ report, ...summary }) : `${resultTable(summary)}\nReport: ${report}`);
    });
}
