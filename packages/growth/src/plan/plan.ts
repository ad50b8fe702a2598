// The growth plan: everything an operator decides, as plain data that is printed, diffed, saved, composed and executed.
import { type ModelSpec, type ParameterSpec, type Phase, parameterTable } from "@cambium/model";
import type { Expr } from "../expr/expr.js";

/** Major version of the operator contract and of the plan's JSON; an operator or plan of another major is refused. */
export const growthContractVersion = 2;

/**
 * Whether growth preserves the function that the base computes. `exact`: yes, up to rounding. `exact-if-eps-scaled`:
 * yes, with the eps of the target's norms scaled. `at-mask-0`: yes, while every mask is 0. `no`: not promised.
 */
export type FunctionClaim = "exact" | "exact-if-eps-scaled" | "at-mask-0" | "no";

/** What an operator promises. The conformance suite tests it. */
export interface Claims {
  readonly functionPreserving: FunctionClaim;
  /**
   * Target tensors with a slice (a row, a neuron, a head …) that never gets a gradient and so never trains, e.g. a new
   * neuron whose `gate` and `up` rows are both zero. Default: none.
   */
  readonly deadParams?: readonly string[];
}

/** What an operator decides. Everything except the tensors may be left out. */
export interface PlanParts {
  /** Every target tensor by name. */
  readonly tensors: Readonly<Record<string, Expr>>;
  /** Base tensors that no expression reads, on purpose. */
  readonly dropped?: readonly string[];
  readonly optimizer?: {
    /**
     * Moment rules: how a target tensor's gradient follows from the base's, if that is not the tensor's own expression.
     * AdamW's m grows by the rule, v by the rule with its factors squared. A tensor that is only copied, taken, joined
     * or new needs no rule; one that is scaled, summed or multiplied needs one if moments are to be kept.
     */
    readonly moments: Readonly<Record<string, Expr>>;
  };
  /** How the target trains: masks on new parts, frozen tensors, factors on learning rates. */
  readonly phase?: Partial<Phase>;
  /** To be given if this plan's claims differ from the operator's. */
  readonly claims?: Claims;
}

export interface GrowthPlan extends Required<PlanParts> {
  readonly contract: number;
  readonly phase: Phase;
  readonly operator: PlanOrigin;
  readonly base: ModelSpec;
  readonly target: ModelSpec;
}

/** The operator that made a plan, and its options (defaults included). */
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
