// What decides the scores of a model's directory, besides the task.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Tokenizer } from "@cambium/data";
import { withFileErrors } from "@cambium/files";

/**
 * @param path the model's directory, whose files are identified by name, size, inode and times
 * @param backend with the version of its engine and the processor: another may compute other scores
 */
export async function scoredBy(
  path: string,
  tokenizer: Tokenizer,
  backend: { readonly name: string; readonly options: object; readonly version: string; readonly processor: string },
  batchTokens: number,
): Promise<object> {
  const names = (await withFileErrors(path, () => readdir(path))).sort();
  const files = await Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs, ctimeMs, ino } = await stat(join(path, name));
      return { name, size, mtimeMs, ctimeMs, ino };
    }),
  );
  return { files, tokenizer: tokenizer.fingerprint, backend, batchTokens };
}
