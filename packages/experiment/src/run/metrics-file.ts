// metrics.jsonl: one row per optimizer step, appended; cut back to the snapshot when a stage goes on.
import { type WriteStream, createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { withFileErrors, writeFileAtomic } from "@cambium/checkpoint";
import type { MetricsRow } from "@cambium/train";

export class MetricsFile {
  readonly #stream: WriteStream;
  #failure: Error | undefined;

  private constructor(
    readonly path: string,
    stream: WriteStream,
  ) {
    this.#stream = stream;
    stream.on("error", (error) => {
      this.#failure = error;
    });
  }

  /** Opens `path` for the rows after `step`; later rows, and a last line that a kill tore, are dropped. */
  static async open(path: string, step: number): Promise<MetricsFile> {
    const kept = (await readRows(path)).filter((row) => row.step <= step);
    await writeFileAtomic(path, kept.map((row) => `${JSON.stringify(row)}\n`).join(""));
    return new MetricsFile(path, createWriteStream(path, { flags: "a" }));
  }

  async append(row: MetricsRow): Promise<void> {
    await withFileErrors(this.path, async () => {
      if (this.#failure) throw this.#failure;
      const flushed = this.#stream.write(`${JSON.stringify(row)}\n`);
      if (!flushed) await new Promise<void>((resolve) => this.#stream.once("drain", resolve).once("error", () => resolve()));
    });
  }

  async close(): Promise<void> {
    await withFileErrors(this.path, async () => {
      await new Promise<void>((resolve) => this.#stream.end(() => resolve()).once("error", () => resolve()));
      if (this.#failure) throw this.#failure;
    });
  }
}

/** The whole rows of `path`; none when it is not there. */
export async function readRows(path: string): Promise<MetricsRow[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  const lines = text.split("\n");
  // What follows the last line break is torn.
  return lines.slice(0, -1).flatMap((line) => {
    try {
      return [JSON.parse(line) as MetricsRow];
    } catch {
      return [];
    }
  });
}
