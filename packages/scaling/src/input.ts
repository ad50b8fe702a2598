// Input validation shared by the formulas.
import { CambiumError, type Reason } from "@cambium/ir";

/**
 * Refuses numbers that are not positive and finite.
 * @throws CambiumError `E_SCALING_INPUT` with all of them at once
 */
export function requirePositive(numbers: Readonly<Record<string, number>>): void {
  const reasons: Reason[] = Object.entries(numbers).flatMap(([where, value]) =>
    Number.isFinite(value) && value > 0
      ? []
      : [{ where, message: "out of range", expected: "a positive number", got: String(value) }],
  );
  if (reasons.length > 0) {
    throw new CambiumError("E_SCALING_INPUT", "a scaling formula was given a number outside its domain", {
      reasons,
    });
  }
}
