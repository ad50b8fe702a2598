// What a thread sends back.
import type { ErrorDetails } from "@cambium/ir";

export type Answer<Response> = { readonly response: Response } | { readonly error: SentError };

/** An error as data; one without a code is a defect. */
export interface SentError {
  readonly code?: string;
  readonly message: string;
  readonly details?: Omit<ErrorDetails, "cause">;
}
