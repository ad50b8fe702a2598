// What operators that change sizes throw when a base cannot be grown to the sizes or maps asked for.
import { CambiumError, type ErrorDetails } from "@cambium/ir";

/**
 * `E_GROWTH_SIZES`: the base cannot grow to those sizes, or not by those index maps. Give every reason at once in
 * `details.reasons`; the operator's name is put on it.
 */
export function sizesError(message: string, details: ErrorDetails = {}): CambiumError {
  return new CambiumError("E_GROWTH_SIZES", message, details);
}
