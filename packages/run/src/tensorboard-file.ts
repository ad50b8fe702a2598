// TensorBoard events of an arm: steps, tokens and FLOPs counted from the arm's beginning, through its growths. Each
// attempt at a stage writes a file; TensorBoard merges them by step.
import { appendFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { withFileErrors } from "@cambium/files";
import { streamRows } from "@cambium/run-format/node";
import { fileVersionRecord, type MetricsRow, scalarsRecord } from "@cambium/train";

/** Rows are written in groups of this size, so that training does not wait for a disk at each step. */
const flushEvery = 50;

/** Where the events of a stage go, and its arm's totals before the stage. */
export interface ArmEvents {
  readonly folder: string;
  readonly before: Pick<MetricsRow, "step" | "tokens" | "flops">;
}

export class TensorBoardFile {
  #pending: Uint8Array[] = [];

  private constructor(
    readonly path: string,
    private readonly before: ArmEvents["before"],
  ) {}

  /** A new event file for the rows of the stage `id`. */
  static async open({ folder, before }: ArmEvents, id: string): Promise<TensorBoardFile> {
    await withFileErrors(folder, () => mkdir(folder, { recursive: true }));
    const now = Date.now() / 1000;
    const name = `events.out.tfevents.${Math.floor(now)}.${process.pid}.${before.step}.${id}`;
    const file = new TensorBoardFile(join(folder, name), before);
    file.#pending.push(fileVersionRecord(now));
    return file;
  }

  async append(row: MetricsRow): Promise<void> {
    const { loss, heldOutLoss, lr, gradNorm, lossScale, tokensPerSecond } = row;
    const held = heldOutLoss === undefined ? {} : { "loss/held-out": heldOutLoss };
    const scaled = lossScale === undefined ? {} : { lossScale };
    const [tokens, flops] = [this.before.tokens + row.tokens, this.before.flops + row.flops];
    const scalars = { "loss/train": loss, ...held, lr, gradNorm, ...scaled, tokensPerSecond, tokens, flops };
    this.#pending.push(scalarsRecord(this.before.step + row.step, Date.now() / 1000, scalars));
    if (this.#pending.length >= flushEvery) await this.close();
  }

  /** Writes the pending events. */
  async close(): Promise<void> {
    const data = Buffer.concat(this.#pending);
    this.#pending = [];
    await withFileErrors(this.path, () => appendFile(this.path, data));
  }
}

/** Writes an arm's events of a stage that it did not train itself, from the stage's metrics, unless it has them. */
export async function copyEvents(events: ArmEvents, id: string, metrics: string): Promise<void> {
  const there = await readdir(events.folder).catch(() => []);
  if (there.some((name) => name.endsWith(`.${id}`))) return;
  const file = await TensorBoardFile.open(events, id);
  for await (const { row } of streamRows(metrics)) await file.append(row);
  await file.close();
}
