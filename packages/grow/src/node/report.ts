// What a growth would do, for people and programs: the result of looking before growing.
import type { LeftBehind } from "@cambium/checkpoint";
import type { Fraction, GrowthPlan, PlanOrigin } from "@cambium/growth";

export interface GrowReport {
  readonly operator: PlanOrigin;
  /** For each target layer the source layers it is made from. */
  readonly layers: readonly (readonly number[])[];
  readonly connectionRate: Fraction;
  /** Elements of all tensors; those of packed tensors count as stored. */
  readonly parametersBefore: number;
  readonly parametersAfter: number;
  /** Bytes of weights. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of `bytesOut`, what an earlier sitting has written; all of it when this growth is done. */
  readonly bytesDone: number;
  /** Why what an earlier sitting has left is of no use, where there is something. */
  readonly anew?: string;
  /** At most, in bytes: the process with its buffers. */
  readonly memory: number;
  /** Where the target would be; undefined if unknown. */
  readonly diskFree: number | undefined;
  readonly tensors: { readonly copied: number; readonly computed: number; readonly dropped: readonly string[] };
  readonly files: readonly string[];
  /** What was not checked, a sentence each. */
  readonly warnings: readonly string[];
  /** Files of the source that go along, and what does not, by their paths in it. */
  readonly beside: { readonly along: readonly string[]; readonly left: readonly LeftBehind[] };
  readonly plan: GrowthPlan;
}
