// Reads the tokens that end a generation from generation_config.json of a model directory.
import { join } from "node:path";
import { parseJson, readTextFileIfThere } from "@cambium/files";
import { CambiumError } from "@cambium/ir";

const generationConfigFile = "generation_config.json";

/**
 * The ids that end a generation: `eos_token_id` of the file, which takes precedence over config.json's, as in
 * transformers. Undefined if the file or the key is missing, or the key is null.
 * @throws CambiumError `E_CONFIG` for anything but an id or a list of ids; errors of reading the file.
 */
export async function readStopTokens(directory: string): Promise<readonly number[] | undefined> {
  const path = join(directory, generationConfigFile);
  const text = await readTextFileIfThere(path);
  if (text === undefined) return undefined;
  const json = parseJson(text, path);
  const stated = typeof json === "object" && json !== null && "eos_token_id" in json ? json.eos_token_id : null;
  if (stated === null) return undefined;
  const ids: readonly unknown[] = Array.isArray(stated) ? stated : [stated];
  if (ids.every((id): id is number => Number.isSafeInteger(id) && (id as number) >= 0)) return ids;
  throw new CambiumError("E_CONFIG", "the tokens that end a generation are not token ids", {
    where: `${path}, eos_token_id`,
    expected: "an id or a list of ids",
    got: JSON.stringify(stated),
    hint: "correct the file, or remove it: then config.json's tokens are used",
  });
}
