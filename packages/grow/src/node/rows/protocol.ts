// What the writing thread asks a thread that makes rows.
import type { Place } from "../threads/protocol.js";
import type { Made } from "./make.js";

/** Rows `start` to `end` of the tensor that was named last. */
export interface RowRequest {
  readonly start: number;
  readonly end: number;
  /** The tensor, if it is another than before. */
  readonly tensor?: { readonly made: Made; readonly places: readonly Place[] };
}
