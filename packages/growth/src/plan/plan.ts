// The growth plan: everything an operator decides, as plain data. Printed, diffed, saved, composed and executed as such.
import { type ModelSpec, type ParameterSpec, type Phase, parameterTable } from "@cambium/model";
import type { Expr } from "../expr/expr.js";

/** Major version of the operator contract and of the plan's JSON; an operator or plan of another major is refused. */
export const growthContractVersion = 2;

/**
 * What growing keeps of the function that the base computes. `exact`: all of it, to rounding. `exact-if-eps-scaled`:
 * all of it, because the eps of the target's norms differs from that of the base's. `at-mask-0`: all of it while every mask is 0.
 * `no`: nothing is promised.
 */
export type FunctionClaim = "exact" | "exact-if-eps-scaled" | "at-mask-0" | "no";

/** What an operator promises; the conformance suite holds it to that. */
export interface Claims {
  readonly functionPreserving: FunctionClaim;
  /**
   * Target tensors with a slice (a row, a neuron, a head …) that never gets a gradient and so never trains, e.g. a new
   * neuron whose `gate` and `up` rows are both zero. Default: none.
   */
  readonly deadParams?: readonly string[];
}

/** What an operator decides; all but the tensors may be left out. */
export interface PlanParts {
  /** Every target tensor by name. */
  readonly tensors: Readonly<Record<string, Expr>>;
  /** Base tensors that no expression reads, on purpose. */
  readonly dropped?: readonly string[];
  readonly optimizer?: {
    /**
     * How a target tensor's gradient follows from the base's, where that is not the tensor's own expression: AdamW's m
     * is grown by it, and v with its factors squared. A tensor that is only copied, taken,
     * joined or made anew needs no rule; one that is scaled, summed or multiplied does if moments are to be carried.
     */
    readonly moments: Readonly<Record<string, Expr>>;
  };
  /** How the target trains, in terms of its tensors: masks on what is new, frozen tensors, factors on learning rates. */
  readonly phase?: Partial<Phase>;
  /** Where a plan promises something else than its operator does for its default options. */
  readonly claims?: Claims;
}

export interface GrowthPlan extends Required<PlanParts> {
  readonly contract: number;
  readonly phase: Phase;
  readonly operator: PlanOrigin;
  readonly base: ModelSpec;
  readonly target: ModelSpec;
}

/** Who made a plan, and from what options (defaults written out). */
export interface PlanOrigin {
  readonly name: string;
  readonly version: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The parameters on both sides of a plan, in the order of the forward pass. */
export interface PlanTables {
  readonly base: readonly ParameterSpec[];
  readonly target: readonly ParameterSpec[];
}

export function planTables(plan: Pick<GrowthPlan, "base" | "target">): PlanTables {
  return { base: parameterTable(plan.base), target: parameterTable(plan.target) };
}
