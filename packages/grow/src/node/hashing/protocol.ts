// The requests of the writing thread to the one that hashes.
import type { Place } from "../place.js";
import type { Part } from "./streams.js";
import type { TensorSum } from "./summing.js";

/**
 * Parts of tensors in shared memory, or bytes `start` to `end` of a tensor in a file. A tensor in a file is read to its
 * end, a piece at a time, before the next one begins; parts may come between its pieces.
 */
export type HashRequest =
  | { readonly parts: readonly Part[] }
  | { readonly place: Place; readonly start: number; readonly end: number };

export interface HashResponse {
  /** Of the tensors that ended in `parts`, in their order. */
  readonly ended?: readonly string[];
  /** Of the tensor in a file, if it was read to its end. */
  readonly sum?: TensorSum;
}
