// A plugin contract for tests, and an importer over modules in memory.
import type { PluginContract, PluginImporter, PluginListing } from "@cambium/plugin";

export interface Abacus {
  readonly contract: number;
  readonly name: string;
  open(): void;
}

export const contract: PluginContract<Abacus> = {
  kind: "backend",
  version: 1,
  define: "defineAbacus",
  problems: ({ name, open }) => [
    ...(typeof name === "string" && name !== "" ? [] : [{ where: "name", message: "is missing" }]),
    ...(typeof open === "function" ? [] : [{ where: "open", message: "is missing" }]),
  ],
};

/** The same contract for a package's entry `setup`. */
export const setupContract: PluginContract<Abacus> = { ...contract, entry: "setup" };

/** An importer over modules by specifier; an Error is thrown when its module is imported. */
export function modules(held: Record<string, unknown>, listed?: readonly PluginListing[]): PluginImporter {
  return {
    resolve: (specifier) => (Object.hasOwn(held, specifier) ? `file:///p/${specifier}` : null),
    import: async (address) => {
      const module = held[address.slice("file:///p/".length)];
      if (module instanceof Error) throw module;
      return module;
    },
    ...(listed && { list: () => listed }),
  };
}
