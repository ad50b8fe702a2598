// The rows of a data set's file as objects: JSON lines, a JSON list, or Parquet.
import { lines } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import { withoutMark } from "./source/jsonl.js";
import { ParquetDamage, ParquetFile } from "./source/parquet-rows.js";
import { TextBytes } from "./source/text-bytes.js";
import { decodeUtf8 } from "./source/utf8.js";

export interface Row {
  readonly value: unknown;
  /** `file:line` or `file, row 7`. */
  readonly where: string;
}

/** Extensions of the files that are read, in the order in which they are tried. */
export const rowEndings = ["jsonl", "ndjson", "json", "parquet"] as const;

/** A list is read whole into memory, and so is a line. */
const largestBytes = 256 * 1024 * 1024;

/** Whether `name` has the extension of a file of rows, plain or compressed by gzip or zstd. */
export function isRowsFile(name: string): boolean {
  return new RegExp(`\\.(${rowEndings.join("|")})(\\.(gz|zst))?$`, "i").test(name);
}

/**
 * The rows of the file at `path`, whose format its extension decides.
 * @throws CambiumError `E_ROWS` naming the line or the row that cannot be read; file errors.
 */
export async function* readRows(path: string): AsyncGenerator<Row> {
  if (/\.parquet$/i.test(path)) yield* parquet(path);
  else if (/\.json(\.(gz|zst))?$/i.test(path) && (await firstCharacter(path)) === "[") yield* list(path);
  else yield* jsonLines(path);
}

async function* jsonLines(path: string): AsyncGenerator<Row> {
  for await (const { number, offset, bytes } of lines(new TextBytes(path), largestBytes)) {
    const text = decodeUtf8(bytes, path, offset, "error");
    const line = number === 1 ? withoutMark(text) : text;
    if (line.trim() !== "") yield { value: parsed(line, `${path}:${number}`), where: `${path}:${number}` };
  }
}

async function* list(path: string): AsyncGenerator<Row> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of new TextBytes(path).chunks()) {
    size += chunk.length;
    if (size > largestBytes) {
      const hint = "write its rows as JSON lines: jq -c '.[]' FILE > FILE.jsonl";
      throw new CambiumError("E_ROWS", "this list is too large", {
        where: path,
        expected: `${largestBytes} bytes`,
        hint,
      });
    }
    parts.push(chunk.slice());
  }
  const rows = parsed(withoutMark(decodeUtf8(Buffer.concat(parts), path, 0, "error")), path) as unknown[];
  for (const [i, value] of rows.entries()) yield { value, where: `${path}, row ${i}` };
}

async function* parquet(path: string): AsyncGenerator<Row> {
  try {
    await using file = await ParquetFile.open(path);
    for await (const { index, value } of file.rows()) yield { value, where: `${path}, row ${index}` };
  } catch (cause) {
    if (!(cause instanceof ParquetDamage)) throw cause;
    const { where, message: got } = cause;
    throw new CambiumError("E_ROWS", "this is not a Parquet file, or it is damaged", { where, got, cause });
  }
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CambiumError("E_ROWS", "these rows are not JSON", { where, got: (cause as Error).message, cause });
  }
}

async function firstCharacter(path: string): Promise<string | undefined> {
  for await (const chunk of new TextBytes(path).chunks()) {
    const text = withoutMark(Buffer.from(chunk).toString("utf8")).trimStart();
    if (text !== "") return text[0];
  }
  return undefined;
}
