// The rows that the driver has written.
import type { EngineRow } from "@cambium/engine";
import { readTextFileIfThere } from "@cambium/files";

/** A row of a million steps is about 250 bytes. */
const mostBytes = 500_000_000;

/** Rows in order; a last line that a kill tore is left out. */
export async function readRows(path: string): Promise<EngineRow[]> {
  const text = (await readTextFileIfThere(path, mostBytes)) ?? "";
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as EngineRow);
}
