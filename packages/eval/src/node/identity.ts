// The identity of a task's scores: what they are not reused without.
import { createHash } from "node:crypto";
import type { EvalTask } from "../task.js";

/** A task with what it asks about. */
export interface AskedTask {
  readonly task: EvalTask;
  /** As the user gives them. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly rows: readonly unknown[];
}

/** @param by everything else that decides the scores: the model, its tokenizer, and what computes */
export function scoresIdentity({ task: { name, version }, options, rows }: AskedTask, by: object): string {
  const given = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash("sha256").update(JSON.stringify({ by, name, version, given }));
  for (const row of rows) hash.update(JSON.stringify(row)).update("\n");
  return hash.digest("hex");
}
