// The requests of the writing thread to a thread that makes rows.
import type { Place } from "../place.js";
import type { NumberedLists } from "./lists.js";
import type { Made } from "./make.js";

/** Rows `start` to `end` of the last tensor that was sent, to be written to `out`, which is shared memory. */
export interface RowRequest {
  readonly start: number;
  readonly end: number;
  readonly out: Uint8Array;
  /** The tensor, if it differs from the last request's, with numbers for lists, and the lists not sent before. */
  readonly tensor?: { readonly made: Made; readonly lists: NumberedLists; readonly places: readonly Place[] };
}
