// presetOperator: another operator under a name of its own, with some options fixed.
import { CambiumError } from "@cambium/ir";
import { checkFields, type Fields } from "@cambium/plugin";
import * as z from "zod";
import type { Claims } from "../plan/plan.js";
import { parseOptions, stamped } from "./define.js";
import type { Operator } from "./operator.js";

export interface PresetDefinition {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** The operator that makes the plans. */
  readonly of: Operator;
  /** The options that are fixed; the preset no longer takes them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Default: those of `of`. To be given if the fixed options change what is preserved. */
  readonly claims?: Claims;
}

const fields: Fields<PresetDefinition> = {
  name: "string",
  version: "string",
  summary: "string",
  of: "object",
  options: "object",
  claims: "object?",
};

/**
 * An operator whose plans are those of `of` with `options` fixed. It takes the remaining options. Its plans and errors
 * carry its own name.
 * @throws CambiumError `E_GROWTH_OPERATOR` if `options` fixes an option that `of` does not have.
 * @example
 * export default presetOperator({
 *   name: "llama-pro", version, summary: "new layers that start as the identity; only they train",
 *   of: zeroDepth, options: { frozen: true },
 * });
 */
export function presetOperator(definition: PresetDefinition): Operator {
  checkFields("presetOperator", fields, definition);
  const { name, version, summary, of, options: fixed, claims = of.claims } = definition;
  const options = optionsLeft(definition);
  const makeBy = <T>(make: (given: object) => T, given: unknown): { made: T; chosen: Record<string, unknown> } =>
    stamped(name, version, () => {
      const chosen = { ...(parseOptions(options, given) as Record<string, unknown>) };
      return { made: unstamped(of, () => make({ ...(given as object), ...fixed })), chosen };
    });
  return {
    name,
    version,
    summary,
    contract: of.contract,
    claims,
    options,
    plan: (base, given = {}) => {
      const { made, chosen } = makeBy((all) => of.plan(base, all), given);
      return { ...made, operator: { name, version, options: chosen } };
    },
  };
}

/** The options of the operator that the preset leaves open. */
function optionsLeft({ name, version, of, options: fixed }: PresetDefinition): z.ZodType {
  const shape = of.options instanceof z.ZodObject ? (of.options.shape as z.ZodRawShape) : {};
  const unknown = Object.keys(fixed).filter((option) => !Object.hasOwn(shape, option));
  if (unknown.length > 0) {
    throw new CambiumError("E_GROWTH_OPERATOR", `operator ${name} ${version}: fixes an option that ${of.name} lacks`, {
      expected: Object.keys(shape).join(", ") || "an operator with options",
      got: unknown.join(", "),
    });
  }
  return z.strictObject(Object.fromEntries(Object.entries(shape).filter(([option]) => !Object.hasOwn(fixed, option))));
}

/** Removes the name of `of` from its errors, so that they name only the preset. */
function unstamped<T>(of: Operator, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof CambiumError)) throw error;
    const stamp = `operator ${of.name} ${of.version}: `;
    const { code, summary, details } = error;
    throw new CambiumError(code, summary.startsWith(stamp) ? summary.slice(stamp.length) : summary, details);
  }
}
