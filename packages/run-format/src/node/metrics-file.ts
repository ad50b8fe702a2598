// metrics.jsonl: one row per optimizer step, appended. When a stage continues, rows after its snapshot are cut off.
import { type FileHandle, open } from "node:fs/promises";
import { lines, openFile, withFileErrors, writeFileAtomic } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { MetricsRow } from "@cambium/train";
import { metricsRow } from "../metrics-row.js";
import { checkJson, isJson } from "./json-file.js";
import { RowThinner, type ThinRows } from "./row-thinner.js";

/** Bytes, far above any row. */
const longestRow = 1_000_000;

export class MetricsFile {
  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  /**
   * Opens `path` for appending the rows after `step`. Later rows, and a last line cut off by a kill, are dropped. The
   * file is streamed, since a stage may have millions of rows.
   * @param onKept called with each row that stays
   */
  static async open(path: string, step: number, onKept: (row: MetricsRow) => void = () => undefined) {
    let bytes = 0;
    if (step > 0) {
      for await (const { row, end } of streamRows(path)) {
        if (row.step > step) break;
        onKept(row);
        bytes = end;
        if (row.step === step) break;
      }
    }
    await writeFileAtomic(path, bytes === 0 ? "" : firstBytes(path, bytes));
    return new MetricsFile(path, await withFileErrors(path, () => open(path, "a")));
  }

  async append(row: MetricsRow): Promise<void> {
    await withFileErrors(this.path, () => this.handle.appendFile(`${JSON.stringify(row)}\n`));
  }

  /** Flushes the rows so far to disk. Call it before saving a snapshot, which must not be ahead of them. */
  async sync(): Promise<void> {
    await withFileErrors(this.path, () => this.handle.sync());
  }

  async close(): Promise<void> {
    await withFileErrors(this.path, () => this.handle.close());
  }
}

/** The first `bytes` bytes of `path`, with a final line feed. */
async function* firstBytes(path: string, bytes: number): AsyncGenerator<Uint8Array> {
  const file = await openFile(path);
  try {
    let last: Uint8Array | undefined;
    for await (const chunk of file.createReadStream({
      end: bytes - 1,
      autoClose: false,
    }) as AsyncIterable<Uint8Array>) {
      yield chunk;
      last = chunk;
    }
    if (last?.at(-1) !== lineFeed) yield Uint8Array.of(lineFeed);
  } finally {
    await file.close();
  }
}

const lineFeed = 0x0a;

/**
 * The rows of `path` in order of `step`, each step once: if a step was written again, the later line counts. Empty if
 * the file does not exist. A last line that is cut off is left out.
 * @throws CambiumError `E_RUN_FORMAT` naming the line that is not a row
 */
export async function readRows(path: string): Promise<MetricsRow[]> {
  const rows: MetricsRow[] = [];
  for await (const { row } of streamRows(path)) {
    while ((rows.at(-1)?.step ?? -1) >= row.step) rows.pop();
    rows.push(row);
  }
  return rows;
}

/** The rows of a stage, thinned while they are read; reports are made from these. @throws CambiumError as `readRows` */
export async function readThinned(path: string, most: number): Promise<ThinRows> {
  const rows = new RowThinner(most);
  for await (const { row } of streamRows(path)) rows.add(row);
  return rows.thinned();
}

/** The rows of `path` in file order, one at a time, each with the offset of the first byte after it. */
export async function* streamRows(path: string): AsyncGenerator<{ readonly row: MetricsRow; readonly end: number }> {
  const file = await openIfThere(path);
  if (file === undefined) return;
  const chunks = () => file.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>;
  const { size } = await file.stat();
  try {
    for await (const { number, offset, bytes } of lines({ path, chunks }, longestRow)) {
      const text = Buffer.from(bytes).toString("utf8");
      if (text.trim() === "") continue;
      const end = offset + bytes.length + 1;
      // Only the last line may be cut off: a run in progress is writing it.
      if (end > size && !isJson(text)) return;
      yield { row: checkJson(metricsRow, text, `${path}:${number}`), end };
    }
  } finally {
    await file.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await openFile(path);
  } catch (error) {
    if (error instanceof CambiumError && error.code === "E_NOT_FOUND") return undefined;
    throw error;
  }
}
