// Runs a task on a model and keeps its scores as they come: the same call continues an interrupted one.
import type { Tokenizer } from "@cambium/data";
import type { Scorer } from "@cambium/inference";
import { type Evaluated, evaluate } from "../evaluate.js";
import type { AskedTask } from "./identity.js";
import { ScoreJournal } from "./journal.js";

export interface KeptEvaluation extends AskedTask {
  readonly scorer: Pick<Scorer, "longest" | "score">;
  readonly tokenizer: Tokenizer;
  /** Where scores are kept. */
  readonly journal: string;
  /** What the scores belong to; scores of another identity are discarded. */
  readonly identity: string;
  /** Ends the work after the current batch, whose scores are kept. */
  readonly signal?: AbortSignal | undefined;
  /** @param secondsLeft at the pace so far */
  onProgress?(done: number, total: number, secondsLeft: number): void;
}

/** @throws CambiumError as `evaluate` does; file errors; the signal's reason. */
export async function evaluateRows({
  journal: path,
  identity,
  signal,
  onProgress,
  ...work
}: KeptEvaluation): Promise<Evaluated> {
  const journal = await ScoreJournal.open(path, identity);
  const begin = performance.now();
  try {
    return await evaluate({
      ...{ ...work, known: journal.known },
      onScored: async (scores, done, total) => {
        await journal.add(scores);
        signal?.throwIfAborted();
        const pace = (done - journal.known.size) / (performance.now() - begin);
        onProgress?.(done, total, (total - done) / pace / 1000);
      },
    });
  } finally {
    await journal.close();
  }
}
