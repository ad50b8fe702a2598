// Reads the rows that the driver has written.
import type { EngineRow } from "@cambium/engine";
import { parseJson, readTextFileIfThere } from "@cambium/files";

/** Rows have about 250 bytes, so this is enough for millions of steps. */
const mostBytes = 500_000_000;

/** Rows in order, without a last line that a kill truncated. @throws CambiumError `E_JSON` naming a damaged line */
export async function readRows(path: string): Promise<EngineRow[]> {
  const text = (await readTextFileIfThere(path, mostBytes)) ?? "";
  return text
    .split("\n")
    .slice(0, -1)
    .map((line, i) => parseJson(line, `${path}, line ${i + 1}`) as unknown as EngineRow);
}
