// Errors as values, so that a test can check every part of one.
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

/** The `where` of each of its reasons. */
export function reasonsOf(error: CambiumError): (string | undefined)[] {
  return (error.details.reasons ?? []).map(({ where }) => where);
}
