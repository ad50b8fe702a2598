// Stamps engines, and says what makes a value one.
import type { Reason } from "@cambium/ir";
import type { PluginContract } from "@cambium/plugin";
import { type Engine, engineContractVersion } from "./contract.js";

/** @example export default defineEngine({ name: "mine", version: "1.0.0", summary: "…", prepare: async (options) => … }); */
export function defineEngine(engine: Omit<Engine, "contract">): Engine {
  return { ...engine, contract: engineContractVersion };
}

const fields = { name: "string", version: "string", summary: "string", prepare: "function" } as const;

/** The contract of engines, as `resolvePlugin` of `@cambium/plugin` takes it. */
export const enginePlugin: PluginContract<Engine> = {
  kind: "engine",
  version: engineContractVersion,
  define: "defineEngine",
  problems: (value) =>
    Object.entries(fields).flatMap(([where, expected]): Reason[] => {
      const got = typeof value[where as keyof typeof fields];
      return got === expected ? [] : [{ where, message: "is missing or wrong", expected, got }];
    }),
};
