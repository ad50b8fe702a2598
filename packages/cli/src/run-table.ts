// Reads the table of runs for `cambium fit`: a CSV file with a header, or a sweep's table. Bad rows are named by line.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { readTextFile, withFileErrors } from "@cambium/files";
import { CambiumError, type Reason } from "@cambium/ir";
import type { FitRow } from "@cambium/scaling";
import { CsvError, parse } from "csv-parse/sync";
import { cellReader } from "./cell-number.js";
import { exists } from "./model-source.js";

/** Names by which a column is recognised if no flag names it; only letters and digits are compared, without case. */
export const columnNames = {
  flops: ["flops", "compute", "trainingflops", "trainingflop", "totalflops", "c"],
  loss: ["loss", "heldoutloss", "finalloss", "evalloss", "valloss", "validationloss", "testloss"],
  parameters: ["n", "params", "parameters", "nparams", "modelsize"],
  tokens: ["d", "tokens", "trainingtokens", "ntokens"],
  share: ["share", "rho"],
  budget: ["budget", "flops", "compute", "c"],
  base: ["basetokens", "d"],
} as const;

export interface Wanted {
  /** The user's name for the column; if undefined, the first column named as in `known` is taken. */
  readonly name?: string | undefined;
  readonly known: readonly string[];
  /** The flag that names this column, and what the column holds, for error messages. */
  readonly flag: string;
  readonly what: string;
}

/** The columns to read. */
export interface Columns {
  readonly x: readonly Wanted[];
  readonly y: Wanted;
  /** If undefined, a sweep's rows are grouped by its column `arm`; any other table is one group, `all`. */
  readonly group: Wanted | undefined;
  /** Only rows that meet all of these are read. */
  readonly where?: readonly Condition[];
}

/** A row meets it if its cell has one of the values, as text or as a number. */
export interface Condition {
  readonly column: string;
  readonly values: readonly string[];
}

export interface RunTable {
  readonly x: readonly string[];
  readonly y: string;
  readonly group: string | undefined;
  readonly rows: readonly FitRow[];
  /** The arms of a sweep's rows that are fitted together because the groups are others; empty for one arm. */
  readonly pooled: readonly string[];
}

const mostReasons = 50;

/** @throws CambiumError `E_TABLE` with every bad row; file errors */
export async function readRunTable(path: string, wanted: Columns): Promise<RunTable> {
  const isSweep = (await withFileErrors(path, () => stat(path))).isDirectory();
  const file = isSweep ? join(path, "table.csv") : path;
  if (isSweep && !(await exists(file)))
    throw new CambiumError("E_TABLE", "this directory has no table of a sweep", {
      where: file,
      expected: "a CSV file, or the directory of a sweep that has ended",
      hint: "`cambium sweep` writes table.csv at its end; the same command continues a sweep that was interrupted",
    });
  const [first, ...rest] = records(await readTextFile(file), file);
  const header = first?.cells ?? [];
  const reasons: Reason[] = [];
  const find = (column: Wanted): number => {
    const [at, ...more] = column.name === undefined ? knownColumn(header, column.known) : named(header, column.name);
    if (at !== undefined && more.length === 0) return at;
    const expected = header.some((name) => Number.isFinite(Number(name || "x")))
      ? "a first line that names the columns"
      : `one of the columns ${header.join(", ")}`;
    const message = at === undefined ? "no such column" : "several columns have this name";
    const got = column.name ?? header[at ?? -1];
    reasons.push({
      where: column.flag,
      message: got ? message : `no column is named like ${column.what}`,
      expected,
      got: got || `none of ${column.known.join(", ")}`,
    });
    return -1;
  };
  const [x, y] = [wanted.x.map(find), find(wanted.y)];
  const group = wanted.group ? find(wanted.group) : isSweep ? header.indexOf("arm") : -1;
  const conditions = (wanted.where ?? []).map(({ column, values }) => {
    return { at: find({ name: column, known: [], flag: "--where", what: "" }), column, values };
  });
  const state = isSweep ? header.indexOf("state") : -1;
  if (reasons.length > 0)
    throw new CambiumError("E_TABLE", "the table lacks columns", {
      where: file,
      reasons,
      hint: `name the columns: ${[...new Set(reasons.map(({ where }) => `${where} COLUMN${where === "--where" ? "=VALUE" : ""}`))].join(" ")}`,
    });
  // A sweep's table also has failed cells, and arms without growth, whose x may be empty: those rows are skipped.
  const usable = (cells: readonly string[]) => cells[state] === "done" && x.every((at) => (cells[at] ?? "") !== "");
  const chosen = rowsWhere(rest, conditions, file);
  const lines = chosen.filter(({ cells }) => state < 0 || usable(cells));
  const readers = new Map([...x, y].map((at) => [at, cellReader(lines.map(({ cells }) => cells[at] ?? ""))]));
  const rows = lines.map(({ line, cells }): FitRow => {
    const where = `line ${line}`;
    if (cells.length !== header.length)
      reasons.push({ where, message: "cells", expected: `${header.length}`, got: `${cells.length}` });
    const read = (at: number): number => {
      const text = cells[at] ?? "";
      const value = (readers.get(at) as (cell: string) => number)(text);
      if (!(value > 0 && value < Number.POSITIVE_INFINITY))
        reasons.push({ where, message: header[at] ?? "", expected: "a positive number", got: text || "nothing" });
      return value;
    };
    const named = group < 0 ? "all" : (cells[group] ?? "");
    if (named === "") reasons.push({ where, message: header[group] ?? "", expected: "a group", got: "nothing" });
    return { line, group: named, x: x.map(read), y: read(y) };
  });
  if (reasons.length > 0) {
    const bad = new Set(reasons.map(({ where }) => where)).size;
    const message = bad === 1 ? "the table has a bad row" : `the table has ${bad} bad rows`;
    throw new CambiumError("E_TABLE", message, { where: file, reasons: reasons.slice(0, mostReasons) });
  }
  if (rows.length === 0)
    throw new CambiumError("E_TABLE", "the table has no rows", { where: file, expected: "a header and a row per run" });
  const name = (at: number) => header[at] ?? "";
  const arm = isSweep ? header.indexOf("arm") : -1;
  const arms = arm < 0 || arm === group ? [] : [...new Set(lines.map(({ cells }) => cells[arm] ?? ""))];
  return {
    ...{ x: x.map(name), y: name(y), group: group < 0 ? undefined : name(group), rows },
    pooled: arms.length > 1 ? arms : [],
  };
}

interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The rows that meet every condition. @throws CambiumError `E_TABLE` for a condition that no row meets */
function rowsWhere(
  lines: readonly Line[],
  conditions: readonly (Condition & { readonly at: number })[],
  file: string,
): readonly Line[] {
  return conditions.reduce<readonly Line[]>((left, { at, column, values }) => {
    const same = (cell: string, value: string) =>
      cell === value || (cell !== "" && value !== "" && Number(cell) === Number(value));
    const met = left.filter(({ cells }) => values.some((value) => same(cells[at] ?? "", value)));
    if (met.length > 0 || left.length === 0) return met;
    const there = [...new Set(left.map(({ cells }) => cells[at] ?? ""))];
    throw new CambiumError("E_TABLE", "no row meets --where", {
      where: file,
      expected: `${column} is one of ${there.slice(0, 8).join(", ")}${there.length > 8 ? " …" : ""}`,
      got: values.join(", "),
    });
  }, lines);
}

/** Parses CSV. The separator is whichever the header has most of: comma, semicolon or tab. */
function records(text: string, file: string): Line[] {
  const header = text.slice(0, text.search(/[\r\n]|$/));
  const separators = [",", ";", "\t"].map((sign) => ({ sign, count: header.split(sign).length }));
  const { sign } = separators.reduce((most, one) => (one.count > most.count ? one : most));
  try {
    const parsed = parse(text, {
      ...{ bom: true, info: true, trim: true, comment: "#", comment_no_infix: true },
      ...{ skip_empty_lines: true, relax_column_count: true, delimiter: sign },
    }) as unknown as { readonly record: string[]; readonly info: { readonly lines: number } }[];
    return parsed.map(({ record, info }) => ({ line: info.lines, cells: record }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new CambiumError("E_TABLE", "the file is not a table", {
      where: `${file}${typeof cause.lines === "number" ? `, line ${cause.lines}` : ""}`,
      expected: "CSV with a header",
      got: cause.message,
      cause,
    });
  }
}

/** Indices of the columns with the first name of `known` that occurs; a unit in brackets is ignored. */
function knownColumn(header: readonly string[], known: readonly string[]): number[] {
  const found = known.map((name) => matching(header, (held) => plain(held) === name || plain(unitless(held)) === name));
  return found.find((at) => at.length > 0) ?? [];
}

/** Indices of the columns with this name or, if there are none, with this name up to case, spaces and punctuation. */
function named(header: readonly string[], name: string): number[] {
  const same = matching(header, (held) => held === name);
  return same.length > 0 ? same : matching(header, (held) => plain(held) !== "" && plain(held) === plain(name));
}

function matching(header: readonly string[], fits: (name: string) => boolean): number[] {
  return header.flatMap((name, at) => (fits(name) ? [at] : []));
}

function unitless(name: string): string {
  return name.replace(/[([].*?[)\]]/g, "");
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
