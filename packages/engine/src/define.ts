// `defineEngine`, and the check of what is an engine.
import { type Fields, fieldReasons, type PluginContract } from "@cambium/plugin";
import { type Engine, engineContractVersion } from "./contract.js";

/** @example export default defineEngine({ name: "mine", version: "1.0.0", summary: "…", prepare: async (options) => … }); */
export function defineEngine(engine: Omit<Engine, "contract">): Engine {
  return { ...engine, contract: engineContractVersion };
}

const fields: Fields<Engine> = {
  contract: "number",
  name: "string",
  version: "string",
  summary: "string",
  prepare: "function",
  outline: "function?",
};

/** The engines' contract, for `resolvePlugin` of `@cambium/plugin`. */
export const enginePlugin: PluginContract<Engine> = {
  kind: "engine",
  version: engineContractVersion,
  define: "defineEngine",
  problems: (value) => fieldReasons(fields, value),
};
