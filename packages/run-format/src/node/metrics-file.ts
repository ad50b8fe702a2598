// metrics.jsonl: one row per optimizer step, appended; cut back to the snapshot when a stage goes on.
import { type FileHandle, open } from "node:fs/promises";
import { withFileErrors, writeFileAtomic } from "@cambium/files";
import type { MetricsRow } from "@cambium/train";
import { metricsRow } from "../metrics-row.js";
import { checkJson, ifAbsent, isJson } from "./json-file.js";

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
  const file = await open(path).catch(ifAbsent);
  if (file === undefined) return rows;
  const take = (line: string, number: number) => {
    if (line.trim() === "") return;
    const row = checkJson(metricsRow, line, `${path}:${number}`);
    while ((rows.at(-1)?.step ?? -1) >= row.step) rows.pop();
    if (row.step <= through) rows.push(row);
  };
  let number = 0;
  let pending: string | undefined;
  for await (const line of file.readLines()) {
    if (pending !== undefined) take(pending, number);
    if (rows.at(-1)?.step === through) return rows;
    number++;
    pending = line;
  }
  // Only the last line may be cut off: a run in progress is writing it.
  if (pending !== undefined && isJson(pending)) take(pending, number);
  return rows;
}
