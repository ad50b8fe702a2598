// Shared by gather and scatterAdd. The reference refuses an index outside the table; on a device the result is
// undefined.
import { CambiumError } from "../../errors.js";
import type { RefTensor } from "../../ref-tensor.js";

/** @throws CambiumError `E_INDEX` unless every index is in [0, rows). */
export function requireIndices({ data }: RefTensor, rows: number): void {
  const bad = data.find((index) => index < 0 || index >= rows);
  if (bad === undefined) return;
  throw new CambiumError("E_INDEX", `index ${bad} is out of range`, {
    expected: `an index in [0, ${rows})`,
    got: String(bad),
  });
}
