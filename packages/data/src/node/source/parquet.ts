// Parquet: one document per row, in one column.
import { CambiumError } from "@cambium/ir";
import { documentPieces } from "./cut.js";
import { askedText } from "./field.js";
import { ParquetDamage, ParquetFile } from "./parquet-rows.js";
import type { FormatReader, ReadOptions } from "./reader.js";
import { noColumn } from "./table.js";

/**
 * Empty and absent texts are skipped.
 * @throws CambiumError `E_CORPUS_FIELD` if a column is missing or a row has no text; `E_CORPUS_FORMAT` for damage,
 * naming the rows and the byte.
 */
export const readParquet: FormatReader = async function* (file, bytes, options) {
  const { path } = file;
  try {
    await using parquet = await ParquetFile.open(path);
    const columns = columnsOf(parquet, options);
    const size = parquet.file.byteLength;
    const count = Math.max(1, Number(parquet.metadata.num_rows));
    for await (const { index, value } of parquet.rows(columns)) {
      bytes.readTo(Math.round((size * (index + 1)) / count));
      const text = askedText(withoutNull(value), options, "row", `${path}, row ${index}`) ?? "";
      if (typeof text !== "string") throw new CambiumError("E_CORPUS_FIELD", text.message, text.details);
      yield* documentPieces(`${file.name}:${index}`, text);
    }
    bytes.readTo(size);
  } catch (cause) {
    throw shaped(cause);
  }
};

/** Checks from the footer alone that the columns exist. @throws CambiumError as `readParquet`. */
export async function checkParquet(path: string, options: Pick<ReadOptions, "field" | "only">): Promise<void> {
  try {
    await using parquet = await ParquetFile.open(path);
    columnsOf(parquet, options);
  } catch (cause) {
    throw shaped(cause);
  }
}

/** The columns of the top level that `field` and `only` need. */
function columnsOf({ path, columns }: ParquetFile, { field, only }: Pick<ReadOptions, "field" | "only">): string[] {
  const needed = [field, ...Object.keys(only)].map((name) => {
    const found = columns.find((column) => column === name) ?? columns.find((column) => name.startsWith(`${column}.`));
    if (found === undefined) throw noColumn(path, name, columns, "a column of that name");
    return found;
  });
  return [...new Set(needed)];
}

/** A null in a table means what a missing field means in other formats. */
function withoutNull(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, held ?? ""]));
}

function shaped(cause: unknown): unknown {
  if (!(cause instanceof ParquetDamage)) return cause;
  const { where, message: got } = cause;
  const hint = "fetch or write it again";
  return new CambiumError("E_CORPUS_FORMAT", "this is not a Parquet file, or it is damaged", {
    where,
    got,
    hint,
    cause,
  });
}
