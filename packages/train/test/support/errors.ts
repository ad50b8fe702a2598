// Errors as values, so that a test can look at all of one.
import { CambiumError } from "@cambium/ir";

/** The CambiumError that `body` throws. */
export async function errorOf(body: () => unknown): Promise<CambiumError> {
  try {
    await body();
  } catch (error) {
    if (error instanceof CambiumError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Where its reasons lie. */
export function reasonsOf(error: CambiumError): (string | undefined)[] {
  return (error.details.reasons ?? []).map(({ where }) => where);
}
