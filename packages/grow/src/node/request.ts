// The request to grow a model directory.

import type { Operator, PlanOrigin } from "@cambium/growth";
import type { Mistakes } from "@cambium/ir";
import type { Family, FloatDType } from "@cambium/model";
import type { GrowReport } from "./report.js";

/** An operator's, as given or with defaults written out. */
export type OperatorOptions = PlanOrigin["options"];

export interface GrowRequest {
  /** Undefined if it was not found, which is then among the mistakes; everything else is still checked. */
  readonly operator: Operator | undefined;
  /** As the operator takes them. */
  readonly options?: OperatorOptions;
  /**
   * The families that the source may have; a source of no family grows in depth only. Default: those of @cambium/model.
   */
  readonly families?: readonly Family[];
  /** Bytes of tensors in one file; default 5 · 10⁹, as `transformers` has it. */
  readonly maxShardBytes?: number;
  /** Tensors of the source that are left out: names, in which * stands for anything. */
  readonly drop?: readonly string[];
  /** Whether links in the source may lead out of its folder. */
  readonly followLinks?: boolean;
  /** Whether what could not be checked is a mistake rather than a warning. */
  readonly strict?: boolean;
  /** The dtype in which float tensors are stored. Default: their own. */
  readonly dtype?: FloatDType;
  /** The dtype to which the sources of computed tensors are rounded first. Default: none. */
  readonly readAs?: FloatDType;
}

export interface DryRunRequest extends GrowRequest {
  /** Mistakes that the caller has found already, to be reported together with the rest. */
  readonly mistakes?: Mistakes;
  /** Called with what the growth would do as soon as that is known, even if there are mistakes. */
  onReport?(report: GrowReport): void;
}

export interface GrowProgress {
  /** `check`: what an earlier attempt wrote is read. */
  readonly phase: "check" | "write" | "verify";
  /** Bytes of weights done, earlier attempts included. */
  readonly done: number;
  readonly total: number;
}

export interface GrowOptions extends DryRunRequest {
  /**
   * Before the target is published, read it and the source again and compare hashes tensor by tensor; likewise if this
   * growth was done before.
   */
  readonly verify?: boolean;
  /** Stops at the next block; what is done is kept. */
  readonly signal?: AbortSignal;
  onProgress?(progress: GrowProgress): void;
  /** The most threads that make computed tensors; above 1, another may hash the source. Default: one per processor. */
  readonly threads?: number;
  /** Bytes between two flushes; default 256 · 10⁶. */
  readonly flushBytes?: number;
}
