// JSON files of a run directory: validated on reading, written atomically.
import { readTextFileIfThere, withFileErrors, writeFileAtomic } from "@cambium/files";
import { CambiumError } from "@cambium/ir";
import type { z } from "zod";

/** Far above the size of any manifest; samples and layer maps are the longest parts. */
const largestManifestBytes = 64_000_000;

/** The value in `path`; undefined if the file does not exist. @throws CambiumError `E_RUN_FORMAT` */
export async function readJson<T>(schema: z.ZodType<T>, path: string): Promise<T | undefined> {
  const source = await readTextFileIfThere(path, largestManifestBytes);
  return source === undefined ? undefined : checkJson(schema, source, path);
}

export async function writeJson(path: string, value: object): Promise<void> {
  await withFileErrors(path, () => writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`));
}

/**
 * @param where the source's name in messages
 * @throws CambiumError `E_RUN_FORMAT` for text that is not JSON, and with every wrong field
 */
export function checkJson<T>(schema: z.ZodType<T>, source: string, where: string): T {
  const result = schema.safeParse(parseJson(source, where));
  if (result.success) return result.data;
  throw new CambiumError("E_RUN_FORMAT", `${where} is not what this version of Cambium writes`, {
    where,
    hint: "run `cambium run` on the recipe again, or use the version of Cambium that made the run",
    reasons: result.error.issues.map((issue) => ({ where: issue.path.join("."), message: issue.message })),
  });
}

function parseJson(source: string, where: string): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw new CambiumError("E_RUN_FORMAT", `${where} is not JSON`, { where, got: (cause as Error).message, cause });
  }
}

export function isJson(source: string): boolean {
  try {
    JSON.parse(source);
    return true;
  } catch {
    return false;
  }
}
