// What plugin resolution needs to know about operators: the contract's version and the fields of an operator.
import { type Fields, fieldReasons, type PluginContract } from "@cambium/plugin";
import { growthContractVersion } from "../plan/plan.js";
import type { Operator } from "./operator.js";

const fields: Fields<Operator> = {
  name: "string",
  version: "string",
  summary: "string",
  contract: "number",
  claims: "object",
  options: "object",
  plan: "function",
};

/** The contract of operators, as `resolvePlugin` of `@cambium/plugin` takes it. */
export const operatorPlugin: PluginContract<Operator> = {
  kind: "operator",
  version: growthContractVersion,
  define: "defineOperator, depthOperator, widthOperator or presetOperator",
  problems: (value) => fieldReasons(fields, value),
};
