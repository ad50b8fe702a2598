// What plugin resolution must know of operators: the contract's version, and what makes a value a whole operator.
import type { Reason } from "@cambium/ir";
import { growthContractVersion } from "../plan/plan.js";
import type { Operator } from "./operator.js";

type Unchecked = Readonly<Partial<Record<keyof Operator, unknown>>>;

const fields: { readonly [K in keyof Required<Operator>]: { readonly expected: string } } = {
  name: { expected: "string" },
  version: { expected: "string" },
  summary: { expected: "string" },
  contract: { expected: "number" },
  claims: { expected: "object" },
  options: { expected: "object" },
  plan: { expected: "function" },
};

/** The contract of operators, as `resolvePlugin` of `@cambium/plugin` takes it. */
export const operatorPlugin = {
  kind: "operator",
  version: growthContractVersion,
  define: "defineOperator or depthOperator",
  problems: (value: Unchecked): readonly Reason[] =>
    (Object.keys(fields) as (keyof Operator)[]).flatMap((where) => {
      const { expected } = fields[where];
      const got = typeof value[where];
      if (got === expected) return [];
      return [{ where, message: got === "undefined" ? "is missing" : "has the wrong type", expected, got }];
    }),
} as const;

/** Whether `value` is an operator of this version of the contract. */
export function isOperator(value: unknown): value is Operator {
  if (typeof value !== "object" || value === null) return false;
  const operator: Unchecked = value;
  return operator.contract === operatorPlugin.version && operatorPlugin.problems(operator).length === 0;
}
