// The error of operators that change sizes, if a base cannot grow to the sizes or by the index maps asked for.
import { CambiumError, type ErrorDetails } from "@cambium/ir";

/**
 * `E_GROWTH_SIZES`: the base cannot grow to these sizes, or not by these index maps. Give every reason at once in
 * `details.reasons`. The operator's name is added to it.
 */
export function sizesError(message: string, details: ErrorDetails = {}): CambiumError {
  return new CambiumError("E_GROWTH_SIZES", message, details);
}
