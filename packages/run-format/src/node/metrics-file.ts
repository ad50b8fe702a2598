// metrics.jsonl: one row per optimizer step, appended; cut back to the snapshot when a stage goes on.
import { type FileHandle, open } from "node:fs/promises";
import { openFile, withFileErrors, writeFileAtomic } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { MetricsRow } from "@cambium/train";
import { metricsRow } from "../metrics-row.js";
import { checkJson, isJson } from "./json-file.js";
import { RowThinner, type ThinRows } from "./row-thinner.js";

export class MetricsFile {
  private constructor(
    readonly path: string,
    /** The rows that were there and stay. */
    readonly kept: readonly MetricsRow[],
    private readonly handle: FileHandle,
  ) {}

  /** Opens `path` for the rows after `step`; later rows, and a last line that a kill tore, are dropped. */
  static async open(path: string, step: number): Promise<MetricsFile> {
    const kept = step === 0 ? [] : await readRows(path, step);
    await writeFileAtomic(path, kept.map((row) => `${JSON.stringify(row)}\n`).join(""));
    return new MetricsFile(path, kept, await withFileErrors(path, () => open(path, "a")));
  }

  async append(row: MetricsRow): Promise<void> {
    await withFileErrors(this.path, () => this.handle.appendFile(`${JSON.stringify(row)}\n`));
  }

  /** Puts the rows so far on the disk: a snapshot must not be ahead of them. */
  async sync(): Promise<void> {
    await withFileErrors(this.path, () => this.handle.sync());
  }

  async close(): Promise<void> {
    await withFileErrors(this.path, () => this.handle.close());
  }
}

/**
 * The rows of `path` in order of `step`, each step once: where a step was written again, the later line counts. None when
 * the file is not there; a last line that is cut off is left out.
 * @param through the last step that is wanted; what stands after its row is not read
 * @throws CambiumError `E_RUN_FORMAT` naming the line that is not a row.
 */
export async function readRows(path: string, through = Number.POSITIVE_INFINITY): Promise<MetricsRow[]> {
  const rows: MetricsRow[] = [];
  for await (const row of streamRows(path)) {
    while ((rows.at(-1)?.step ?? -1) >= row.step) rows.pop();
    if (row.step <= through) rows.push(row);
    if (rows.at(-1)?.step === through) break;
  }
  return rows;
}

/** The rows of a long stage, thinned as they are read: what a report is made from. @throws CambiumError as `readRows`. */
export async function readThinned(path: string, most: number): Promise<ThinRows> {
  const rows = new RowThinner(most);
  for await (const row of streamRows(path)) rows.add(row);
  return rows.thinned();
}

/** The rows of `path` as they stand there, one at a time. */
async function* streamRows(path: string): AsyncGenerator<MetricsRow> {
  const file = await openIfThere(path);
  if (file === undefined) return;
  const rowOf = (line: string, number: number) => checkJson(metricsRow, line, `${path}:${number}`);
  let number = 0;
  let pending = "";
  try {
    for await (const line of file.readLines({ autoClose: false })) {
      if (pending.trim() !== "") yield rowOf(pending, number);
      number++;
      pending = line;
    }
    // Only the last line may be cut off: a run in progress is writing it.
    if (pending.trim() !== "" && isJson(pending)) yield rowOf(pending, number);
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
