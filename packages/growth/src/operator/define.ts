// defineOperator: makes an operator that checks its options and its plan from an author's few functions.
import { CambiumError } from "@cambium/ir";
import { type ModelSpec, modelSpec, plainPhase } from "@cambium/model";
import { checkFields, closest, type Fields } from "@cambium/plugin";
import type { z } from "zod";
import { checkPlan } from "../plan/check.js";
import { type Claims, type GrowthPlan, growthContractVersion, type PlanParts } from "../plan/plan.js";
import type { Operator } from "./operator.js";

export interface OperatorDefinition<Options extends z.ZodType> {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** A strict object, so that options it does not list are refused. */
  readonly options: Options;
  /** Default: the function is not preserved. */
  readonly claims?: Claims;
  /** The model after growth. @throws CambiumError such as `E_GROWTH_LAYERS` if `base` cannot grow this way. */
  target(base: ModelSpec, options: z.output<Options>): ModelSpec;
  /** The expressions, and how the target trains. */
  plan(base: ModelSpec, target: ModelSpec, options: z.output<Options>): PlanParts;
}

const fields: Fields<OperatorDefinition<z.ZodType>> = {
  name: "string",
  version: "string",
  summary: "string",
  options: "object",
  claims: "object?",
  target: "function",
  plan: "function",
};

/**
 * @throws CambiumError `E_PLUGIN_INVALID` for a definition that lacks a field or has an unknown one, as do
 * `depthOperator`, `widthOperator` and `presetOperator`.
 * @example
 * export default defineOperator({
 *   name: "double-intermediate", version: "1.0.0", summary: "Every MLP neuron twice, its output halved.",
 *   options: z.strictObject({}),
 *   claims: { functionPreserving: "exact" },
 *   target: (base) => grownModel(base, { intermediate: 2 * sizesAlong(base, ["intermediate"]).intermediate }),
 *   plan: (base) => { … return { tensors }; },
 * });
 */
export function defineOperator<Options extends z.ZodType>(definition: OperatorDefinition<Options>): Operator {
  checkFields("defineOperator", fields, definition);
  return operatorOf(definition, (base, options) => {
    const target = definition.target(base, options);
    return { target, parts: (completed) => definition.plan(base, completed, options) };
  });
}

/** The model after growth, and the plan of that model once its configuration is complete. */
interface Growth {
  readonly target: ModelSpec;
  parts(target: ModelSpec): PlanParts;
}

/** The operator that grows as `grow` says, for definers that work out target and plan together. */
export function operatorOf<Options extends z.ZodType>(
  description: Pick<OperatorDefinition<Options>, "name" | "version" | "summary" | "options" | "claims">,
  grow: (base: ModelSpec, options: z.output<Options>) => Growth,
): Operator {
  const { name, version, summary, options, claims = { functionPreserving: "no" } } = description;
  return {
    name,
    version,
    summary,
    contract: growthContractVersion,
    claims,
    options,
    plan: (base, given = {}) =>
      stamped(name, version, () => {
        const chosen = parseOptions(options, given);
        const growth = grow(base, chosen);
        const target = modelSpec(growth.target.family, growth.target.config);
        const parts = growth.parts(target);
        const plan: GrowthPlan = {
          contract: growthContractVersion,
          operator: { name, version, options: { ...(chosen as object) } },
          base,
          target,
          tensors: parts.tensors,
          dropped: parts.dropped ?? [],
          optimizer: parts.optimizer ?? { moments: {} },
          phase: { ...plainPhase, ...parts.phase },
          claims: parts.claims ?? claims,
        };
        checkPlan(plan);
        return plan;
      }),
  };
}

/** Parses `given` by an options schema. @throws CambiumError `E_GROWTH_OPTION` with every option that does not fit. */
export function parseOptions<Options extends z.ZodType>(schema: Options, given: unknown): z.output<Options> {
  const { success, data, error } = schema.safeParse(given);
  if (success) return data;
  const reasons = error.issues.map(({ path, message }) => ({
    ...(path.length > 0 && { where: path.join(".") }),
    message,
  }));
  const { shape } = schema as { readonly shape?: object };
  const names = Object.keys(shape ?? {});
  const unknown = error.issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? issue.keys : []));
  const meant = unknown.flatMap((name) => closest(name, names) ?? []).map((name) => `"${name}"`);
  const hint =
    shape &&
    `${meant.length > 0 ? `did you mean ${meant.join(", ")}? ` : ""}the options are ${names.join(", ") || "none"}`;
  throw new CambiumError("E_GROWTH_OPTION", "the options do not fit", { reasons, ...(hint && { hint }) });
}

/**
 * Runs `work` and puts the operator's name on whatever it throws. An error that is not a CambiumError is a defect of
 * the operator: it becomes `E_GROWTH_OPERATOR`, with its message and itself as cause.
 */
export function stamped<T>(name: string, version: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const stamp = `operator ${name} ${version}: `;
    if (error instanceof CambiumError) throw new CambiumError(error.code, `${stamp}${error.summary}`, error.details);
    const message = error instanceof Error ? error.message : String(error);
    throw new CambiumError("E_GROWTH_OPERATOR", `${stamp}${message}`, { cause: error });
  }
}
