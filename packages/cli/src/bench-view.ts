// A benchmark result as text, in the requested format.
import { asCsv, asJsonLines, asMarkdown, type BenchDocument, benchTable } from "@cambium/bench";
import { drawTable } from "./draw-table.js";

export const benchFormats = ["text", "json", "jsonl", "csv", "md"] as const;
export type BenchFormat = (typeof benchFormats)[number];

export function benchText(document: BenchDocument, format: BenchFormat): string {
  if (format === "json") return JSON.stringify(document);
  if (format === "jsonl") return asJsonLines(document);
  if (format === "csv") return asCsv(document);
  if (format === "md") return asMarkdown(document);
  const { machine, contestants, columns, rows, failures } = benchTable(document);
  const heads = columns.map(({ head }) => head);
  const table = drawTable(heads, rows, (i) => columns[i]?.right === true);
  return [machine, ...contestants, table, ...failures].join("\n");
}
