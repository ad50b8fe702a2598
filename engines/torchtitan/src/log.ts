// The rows of a stage from torchtitan's log lines:
// `step: 12  loss:  2.48103  grad_norm:  0.9821  memory: …  tps: 8,123  …`.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type EngineRow, stepTokens } from "@cambium/engine";
import { withFileErrors } from "@cambium/files";
import type { Stage } from "@cambium/recipe";

const line = /\bstep:\s+(\d+)\s+loss:\s+(\S+)\s+grad_norm:\s+(\S+)\s+.*?\btps:\s+([\d,.]+)/;

/** Rows in the order of their steps; if a step appears twice it was repeated, and the later row counts. */
export function rowsOf(text: string, stage: Stage, rates: Float64Array, processes: number): EngineRow[] {
  const size = stepTokens(stage);
  const found = new Map<number, Pick<EngineRow, "loss" | "gradNorm" | "tokensPerSecond">>();
  for (const one of text.split("\n")) {
    const [, step, loss, norm, pace] = line.exec(one) ?? [];
    if (step === undefined) continue;
    // torchtitan logs the tokens of one process.
    const tokensPerSecond = Number(pace?.replaceAll(",", "")) * processes;
    found.set(Number(step), { loss: Number(loss), gradNorm: Number(norm), tokensPerSecond });
  }
  let seconds = 0;
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([step, row]) => {
      seconds += size / Math.max(row.tokensPerSecond, 1e-6);
      return { step, tokens: step * size, ...row, lr: rates[step - 1] ?? 0, seconds };
    });
}

/** All of torchrun's logs below `folder`, the last written last: torchrun's names for its starts are random. */
export async function readLogs(folder: string): Promise<string> {
  return withFileErrors(folder, async () => {
    const names = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    const paths = names.filter((name) => name.endsWith(".log")).map((name) => join(folder, name));
    const logs = paths.map(async (path) => ({ at: (await stat(path)).mtimeMs, text: await readFile(path, "utf8") }));
    return (await Promise.all(logs))
      .sort((a, b) => a.at - b.at)
      .map(({ text }) => text)
      .join("\n");
  });
}
