// The messages between threads.
import type { TensorEntry } from "@cambium/checkpoint";
import type { ErrorDetails } from "@cambium/ir";

/** A tensor of the source: its entry, and the open file that holds it. Threads of one process share descriptors. */
export interface Place {
  readonly entry: TensorEntry;
  readonly path: string;
  readonly fd: number;
}

export type Answer<Response> = { readonly response: Response } | { readonly error: SentError };

/** An error as data; one without a code is a defect. */
export interface SentError {
  readonly code?: string;
  readonly message: string;
  readonly details?: Omit<ErrorDetails, "cause">;
}
