// The contract of a growth operator: a pure function from a base model and options to a plan. It never touches numbers.
import type { ModelSpec } from "@cambium/model";
import type { z } from "zod";
import type { Claims, GrowthPlan } from "../plan/plan.js";

/**
 * What an operator package exports as default, through `defineOperator` or `depthOperator`. Growing asks nothing of it
 * but `plan`; executing, printing and saving the plan is not its affair.
 */
export interface Operator {
  /** As recipes write it, e.g. `stack`. */
  readonly name: string;
  /** The package's version; recorded in every plan. */
  readonly version: string;
  /** One line for lists. */
  readonly summary: string;
  /** `growthContractVersion` it was built against. */
  readonly contract: number;
  /** What its plans promise unless they say otherwise. */
  readonly claims: Claims;
  /** Its options with their defaults and descriptions: for help texts and JSON Schema. */
  readonly options: z.ZodType;
  /**
   * The plan that grows a model of `base`. The same arguments always give the same plan.
   * @param options as a recipe or `--set` gives them; checked against the schema.
   * @throws CambiumError `E_GROWTH_OPTION` with every option that does not fit; `E_GROWTH_LAYERS` or
   * `E_GROWTH_SIZES` when that base cannot be grown so; `E_GROWTH_PLAN` when what the operator made does not hold together; `E_GROWTH_OPERATOR` when the
   * operator itself failed. Each names the operator.
   */
  plan(base: ModelSpec, options?: unknown): GrowthPlan;
}
