// What a growth would do, for people and programs: the result of a dry run.
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
  /** The part of `bytesOut` that earlier attempts have written; all of it if this growth is done. */
  readonly bytesDone: number;
  /** Why what an earlier attempt left cannot be used, if it left anything. */
  readonly anew?: string;
  /** The most memory of the process with its buffers, bytes. */
  readonly memory: number;
  /** Where the target would be; undefined if unknown. */
  readonly diskFree: number | undefined;
  readonly tensors: { readonly copied: number; readonly computed: number; readonly dropped: readonly string[] };
  readonly files: readonly string[];
  /** What was not checked, a sentence each. */
  readonly warnings: readonly string[];
  /** Files of the source that are copied, and those that are not, by their paths in it. */
  readonly beside: { readonly along: readonly string[]; readonly left: readonly LeftBehind[] };
  readonly plan: GrowthPlan;
}
