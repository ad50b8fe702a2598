// The identity of a task's scores: model, tokenizer, backend, task and rows. Scores of another identity are not reused.
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Tokenizer } from "@cambium/data";
import type { EvalTask } from "@cambium/eval";
import { withFileErrors } from "@cambium/files";

/**
 * @param path the model's directory, whose files are identified by name, size, inode and times
 * @param backend with the version of its engine and the processor: another may compute other scores
 */
export async function evaluationIdentity(
  path: string,
  tokenizer: Tokenizer,
  backend: { readonly name: string; readonly options: object; readonly version: string; readonly processor: string },
  batchTokens: number,
): Promise<(task: EvalTask, rows: readonly unknown[]) => string> {
  const names = (await withFileErrors(path, () => readdir(path))).sort();
  const files = await Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs, ctimeMs, ino } = await stat(join(path, name));
      return { name, size, mtimeMs, ctimeMs, ino };
    }),
  );
  const common = { files, tokenizer: tokenizer.fingerprint, backend, batchTokens };
  return ({ name, version }, rows) => {
    const hash = createHash("sha256").update(JSON.stringify({ ...common, name, version }));
    for (const row of rows) hash.update(JSON.stringify(row)).update("\n");
    return hash.digest("hex");
  };
}
