// Writes a sweep's table as CSV, JSON lines and Parquet, and as a journal for Optuna's dashboard.
import { join } from "node:path";
import { writeFileAtomic } from "@cambium/files";
import { parquetWriteBuffer } from "hyparquet-writer";
import { optunaJournal } from "./optuna-journal.js";
import type { SweepRow } from "./sweep-table.js";

type Cell = string | number | null;

/** Writes all formats into the sweep's directory. @param name the sweep's name */
export async function writeTables(directory: string, name: string, rows: readonly SweepRow[]): Promise<void> {
  const write = (file: string, content: string | Uint8Array) => writeFileAtomic(join(directory, file), content);
  await write("table.jsonl", rows.map((row) => `${JSON.stringify(flat(row))}\n`).join(""));
  await write("table.csv", asCsv(rows));
  await write("table.parquet", asParquet(rows));
  await write("optuna.log", optunaJournal(name, rows));
}

/** A row by column name; the columns of settings are named after their fields. */
function flat({ settings, cell, ...rest }: SweepRow): Record<string, Cell> {
  return { cell, ...settings, ...rest };
}

function asCsv(rows: readonly SweepRow[]): string {
  const quoted = (value: Cell) => {
    const text = value === null ? "" : String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const columns = Object.keys(flat(rows[0] as SweepRow));
  const lines = rows.map((row) => {
    const cells = flat(row);
    return columns.map((column) => quoted(cells[column] ?? null)).join(",");
  });
  return `${[columns.map(quoted).join(","), ...lines].join("\n")}\n`;
}

/** Settings are text, as the user wrote them; a column of them is numbers if all of its cells are. */
function asParquet(rows: readonly SweepRow[]): Uint8Array {
  const settings = new Set(Object.keys(rows[0]?.settings ?? {}));
  const cells = rows.map(flat);
  const columns = Object.keys(cells[0] as Record<string, Cell>);
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: columns.map((name) => {
        const own = cells.map((row) => row[name] ?? null);
        const numbers = own.map((cell) => (cell !== null && settings.has(name) ? Number(cell) : cell));
        const data = numbers.some(Number.isNaN) ? own : numbers;
        const isText = data.every((cell) => typeof cell !== "number");
        return { name, data, type: isText ? ("STRING" as const) : ("DOUBLE" as const), nullable: true };
      }),
    }),
  );
}
