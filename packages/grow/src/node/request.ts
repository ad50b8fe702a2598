// What growing a model directory is asked for.
import type { Operator, PlanOrigin } from "@cambium/growth";
import type { Family, FloatDType } from "@cambium/model";
import type { Mistakes } from "./mistakes.js";
import type { GrowReport } from "./report.js";

/** An operator's, as given or with defaults written out. */
export type OperatorOptions = PlanOrigin["options"];

export interface GrowRequest {
  /** Undefined when it was not found, which stands among the mistakes: all else is looked at nevertheless. */
  readonly operator: Operator | undefined;
  /** As the operator takes them. */
  readonly options?: OperatorOptions;
  /** The families that the source may be of; one of none of them grows in depth only. Default: those of @cambium/model. */
  readonly families?: readonly Family[];
  /** Bytes of tensors in one file; default 5 · 10⁹, as `transformers` has it. */
  readonly maxShardBytes?: number;
  /** Tensors of the source that are left out: names, in which * stands for anything. */
  readonly drop?: readonly string[];
  /** Whether links in the source may lead out of its folder. */
  readonly followLinks?: boolean;
  /** Whether what could not be checked is a mistake rather than a warning. */
  readonly strict?: boolean;
  /** What float tensors are stored as; each as it was by default. */
  readonly dtype?: FloatDType;
  /** What float tensors that are computed with are rounded to before that; default: nothing. */
  readonly readAs?: FloatDType;
}

export interface DryRunRequest extends GrowRequest {
  /** What the caller has found already, to be told together with the rest. */
  readonly mistakes?: Mistakes;
  /** Told what the growth would do as soon as that is known, also when something stands against it. */
  onReport?(report: GrowReport): void;
}

export interface GrowProgress {
  /** `check`: what an earlier sitting wrote is read. */
  readonly phase: "check" | "write" | "verify";
  /** Bytes of weights done, what an earlier sitting did included. */
  readonly done: number;
  readonly total: number;
}

export interface GrowOptions extends DryRunRequest {
  /**
   * Before the target appears, read it and the source again and compare hashes tensor by tensor. So too where this growth
   * was done before.
   */
  readonly verify?: boolean;
  /** Stops at the next block; what is done is kept. */
  readonly signal?: AbortSignal;
  onProgress?(progress: GrowProgress): void;
  /** Threads at most that make what is computed, and whether one may hash the source; fewer where there is little to do. Default: as many as the machine runs at once. */
  readonly threads?: number;
  /** Bytes between two flushes; default 256 · 10⁶. */
  readonly flushBytes?: number;
}
