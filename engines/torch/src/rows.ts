// The rows that the driver has written.
import { readTextFileIfThere } from "@cambium/files";
import type { MetricsRow } from "@cambium/train";

/** A row of a million steps is about 250 bytes. */
const mostBytes = 500_000_000;

/** Rows in order; a last line that a kill tore is left out. */
export async function readRows(path: string): Promise<Omit<MetricsRow, "flops">[]> {
  const text = (await readTextFileIfThere(path, mostBytes)) ?? "";
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Omit<MetricsRow, "flops">);
}
