// CSV and TSV: a header row, then one document per row, in one column.
import { pipeline, Readable } from "node:stream";
import { CambiumError } from "@cambium/ir";
import { CsvError, parse } from "csv-parse";
import { documentPieces } from "./cut.js";
import { isAsked, quote } from "./field.js";
import { parted, partedBy, refuseFile } from "./format.js";
import type { FormatReader } from "./reader.js";
import { Utf8Stream } from "./utf8.js";

interface Row {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/**
 * RFC 4180, with a header row. Empty rows and empty texts are skipped.
 * @throws CambiumError `E_CORPUS_FIELD` if no column is named `field`; `E_CORPUS_FORMAT` for rows of another length.
 */
export function tableReader(delimiter: "," | "\t"): FormatReader {
  return async function* (file, bytes, { field, only, invalidUtf8, maxLineBytes }) {
    const decoder = new Utf8Stream(file.path, invalidUtf8);
    const text = async function* () {
      for await (const chunk of bytes.chunks()) {
        if (chunk.includes(0)) throw unfit(file.path, "bytes of zero, which no text has");
        yield decoder.push(chunk);
      }
      yield decoder.end();
    };
    const columns = (names: string[]) => {
      const by = names.length === 1 ? partedBy(names[0] as string) : undefined;
      if (by !== undefined) refuseFile(parted(by), file.path);
      for (const one of [field, ...Object.keys(only)])
        if (!names.includes(one)) throw noColumn(`${file.path}:1`, one, names, "a first row that names the columns");
      return names;
    };
    const rows = parse({
      ...{ delimiter, columns, info: true, skip_empty_lines: true, max_record_size: maxLineBytes },
      // Tabs separate texts that may have quotes anywhere.
      ...(delimiter === "\t" && { quote: null }),
    });
    // Its errors also reach `rows`, which is destroyed with them, so the callback ignores them.
    pipeline(Readable.from(text()), rows, () => undefined);
    try {
      for await (const { record, info } of rows as AsyncIterable<Row>)
        if (isAsked(record, only, "row", `${file.path}:${info.lines}`) === true)
          yield* documentPieces(
            `${file.name}:${info.lines}`,
            delimiter === "," ? (record[field] ?? "") : bare(record[field] ?? ""),
          );
    } catch (cause) {
      if (cause instanceof CsvError) throw unfit(`${file.path}:${String(cause["lines"] ?? "")}`, cause.message);
      throw cause;
    }
  };
}

/** A cell that a writer of tables has put in quotes, because it has quotes itself; others keep theirs. */
function bare(cell: string): string {
  const quoted = /^"(?:[^"]|"")*"$/.test(cell) && cell.slice(1, -1).includes('""');
  return quoted ? cell.slice(1, -1).replaceAll('""', '"') : cell;
}

/** @param expected how the format names columns */
export function noColumn(where: string, field: string, names: readonly string[], expected: string): CambiumError {
  return new CambiumError("E_CORPUS_FIELD", `the table has no column "${field}"`, {
    where,
    expected,
    got: `the columns ${quote(names.join(", "))}`,
    hint: `set field: ${names.slice(0, 5).map(quote).join(" or ")} (--field)`,
  });
}

function unfit(where: string, got: string): CambiumError {
  return new CambiumError("E_CORPUS_FORMAT", "this table cannot be read", {
    where,
    expected: "rows of as many cells as the first; quotes in quoted cells doubled",
    got,
    hint: "write it again with a CSV writer, or as JSON lines",
  });
}
