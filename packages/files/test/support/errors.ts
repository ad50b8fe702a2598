// The error of a refused call.
import { CambiumError, type Reason } from "@cambium/ir";

/** The `CambiumError` that `work` fails with; anything else it does fails the test. */
export async function refusal(work: () => unknown): Promise<CambiumError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof CambiumError) return error;
    throw error;
  }
  throw new Error("expected a CambiumError, but it succeeded");
}

export function messages(error: CambiumError): string[] {
  return (error.details.reasons ?? []).map((reason: Reason) => `${reason.where ?? ""}: ${reason.message}`);
}
