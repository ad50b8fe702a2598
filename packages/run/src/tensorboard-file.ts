// TensorBoard events of a stage, one file a sitting; TensorBoard merges them by step.
import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { withFileErrors } from "@cambium/files";
import { fileVersionRecord, type MetricsRow, scalarsRecord } from "@cambium/train";

/** Rows are gathered and written every so many, so that training does not wait for a disk at each step. */
const flushEvery = 50;

export class TensorBoardFile {
  #pending: Uint8Array[] = [];

  private constructor(readonly path: string) {}

  /** A new event file in `folder` for the steps after `step`. */
  static async open(folder: string, step: number): Promise<TensorBoardFile> {
    await withFileErrors(folder, () => mkdir(folder, { recursive: true }));
    const now = Date.now() / 1000;
    const file = new TensorBoardFile(join(folder, `events.out.tfevents.${Math.floor(now)}.${process.pid}.${step}`));
    file.#pending.push(fileVersionRecord(now));
    return file;
  }

  async append(row: MetricsRow): Promise<void> {
    const { loss, heldOutLoss, lr, gradNorm, lossScale, tokensPerSecond } = row;
    const held = heldOutLoss === undefined ? {} : { "loss/held-out": heldOutLoss };
    const scaled = lossScale === undefined ? {} : { lossScale };
    const scalars = { "loss/train": loss, ...held, lr, gradNorm, ...scaled, tokensPerSecond, tokens: row.tokens };
    this.#pending.push(scalarsRecord(row.step, Date.now() / 1000, scalars));
    if (this.#pending.length >= flushEvery) await this.close();
  }

  /** Writes what is gathered. */
  async close(): Promise<void> {
    const data = Buffer.concat(this.#pending);
    this.#pending = [];
    await withFileErrors(this.path, () => appendFile(this.path, data));
  }
}
