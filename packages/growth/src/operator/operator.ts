// The contract of a growth operator: a pure function from a base model and options to a plan. It never touches numbers.
import type { ModelSpec } from "@cambium/model";
import type { z } from "zod";
import type { Claims, GrowthPlan } from "../plan/plan.js";

/**
 * What an operator package exports as default, made by `defineOperator`, `depthOperator`, `widthOperator` or
 * `presetOperator`. An operator only plans; others execute, print and save the plan.
 */
export interface Operator {
  /** The name in recipes, e.g. `stack`. */
  readonly name: string;
  /** The package's version; recorded in every plan. */
  readonly version: string;
  /** One line for lists. */
  readonly summary: string;
  /** `growthContractVersion` it was built against. */
  readonly contract: number;
  /** What its plans promise unless they say otherwise. */
  readonly claims: Claims;
  /**
   * Its options with their defaults and descriptions: for help texts and JSON Schema. Those that count tokens, steps or
   * sizes say so (`counting`), so that they shrink in a recipe that is run smaller, and on a small model.
   */
  readonly options: z.ZodType;
  /**
   * The plan that grows `base`. The same arguments always give the same plan.
   * @param options as a recipe or `--set` gives them; checked against the schema.
   * @throws CambiumError `E_GROWTH_OPTION` with every option that does not fit; `E_GROWTH_LAYERS` or `E_GROWTH_SIZES`
   * if that base cannot be grown this way; `E_GROWTH_PLAN` if the operator made an inconsistent plan;
   * `E_GROWTH_OPERATOR` if the operator itself failed. Each names the operator.
   */
  plan(base: ModelSpec, options?: unknown): GrowthPlan;
}
