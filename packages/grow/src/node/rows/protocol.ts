// What the writing thread and one that makes rows tell each other.
import type { TensorEntry } from "@cambium/checkpoint";
import type { ErrorDetails } from "@cambium/ir";
import type { Made } from "./make.js";

/** A tensor of the source: its entry, and the open file that it lies in. Threads of one process share descriptors. */
export interface Place {
  readonly entry: TensorEntry;
  readonly path: string;
  readonly fd: number;
}

/** Rows to be made, of the tensor that was told last. Answered in order. */
export interface RowRequest {
  readonly start: number;
  readonly end: number;
  /** The tensor, where it is another than before. */
  readonly tensor?: { readonly made: Made; readonly places: readonly Place[] };
}

export type RowResponse = { readonly bytes: Uint8Array } | { readonly error: SentError };

/** An error as data; one without a code is a defect. */
export interface SentError {
  readonly code?: string;
  readonly message: string;
  readonly details?: Omit<ErrorDetails, "cause">;
}
