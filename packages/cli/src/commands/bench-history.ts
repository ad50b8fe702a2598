// cambium bench history: draws a history file as a page of charts.
import { readHistory } from "@cambium/bench";
import { readTextFile, writeFileAtomic } from "@cambium/files";
import { Command } from "commander";
import { print } from "../terminal.js";

export function benchHistoryCommand(): Command {
  return new Command("history")
    .description("Draw a history, as --history keeps it, to an HTML file beside it.")
    .argument("<file>", "the history")
    .addHelpText("after", "\nExample:\n  cambium bench history bench-history.jsonl")
    .action(async (file: string) => {
      const { renderHistoryPage } = await import("@cambium/bench/page");
      const page = `${file.replace(/\.jsonl$/, "")}.html`;
      await writeFileAtomic(page, await renderHistoryPage(readHistory(await readTextFile(file, 200e6), file)));
      print(`Page: ${page}`);
    });
}
