// metrics.jsonl: one row per optimizer step, appended; cut back to the snapshot when a stage goes on.
import { type FileHandle, open, readFile } from "node:fs/promises";
import { withFileErrors, writeFileAtomic } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { MetricsRow } from "@cambium/train";

export class MetricsFile {
  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  /** Opens `path` for the rows after `step`; later rows, and a last line that a kill tore, are dropped. */
  static async open(path: string, step: number): Promise<MetricsFile> {
    const kept = (await readRows(path)).filter((row) => row.step <= step);
    await writeFileAtomic(path, kept.map((row) => `${JSON.stringify(row)}\n`).join(""));
    return new MetricsFile(path, await withFileErrors(path, () => open(path, "a")));
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

/** The whole rows of `path`; none when it is not there. */
export async function readRows(path: string): Promise<MetricsRow[]> {
  const text = await withFileErrors(path, () => readFile(path, "utf8")).catch((error: unknown) => {
    if (error instanceof CambiumError && error.code === "E_NOT_FOUND") return "";
    throw error;
  });
  // What follows the last line break is torn.
  const lines = text.split("\n").slice(0, -1);
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as MetricsRow];
    } catch {
      return [];
    }
  });
}
