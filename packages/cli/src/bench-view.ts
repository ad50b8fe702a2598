// A benchmark result as text, in the requested format.
import { asCsv, asJsonLines, asMarkdown, type BenchDocument, benchTable } from "@cambium/bench";
import Table from "cli-table3";

export const benchFormats = ["text", "json", "jsonl", "csv", "md"] as const;
export type BenchFormat = (typeof benchFormats)[number];

export function benchText(document: BenchDocument, format: BenchFormat): string {
  if (format === "json") return JSON.stringify(document);
  if (format === "jsonl") return asJsonLines(document);
  if (format === "csv") return asCsv(document);
  if (format === "md") return asMarkdown(document);
  const { machine, contestants, columns, rows, failures } = benchTable(document);
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ right }) => (right ? "right" : "left")),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push([...row]);
  return [machine, ...contestants, table.toString(), ...failures].join("\n");
}
