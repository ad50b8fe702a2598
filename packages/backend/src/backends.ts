// Backends by name: the two built in, and whatever the user's project has installed.
import type { Reason } from "@cambium/ir";
import { type PluginContract, type PluginImporter, resolvePlugin } from "@cambium/plugin";
import { builtIn } from "./built-in.js";
import { type Backend, backendContractVersion } from "./contract.js";

/** What a backend package must export. */
export const backendPlugin: PluginContract<Backend> = {
  kind: "backend",
  version: backendContractVersion,
  define: "defineBackend",
  problems: ({ name, open, probe }) => [
    ...(typeof name === "string" && name !== "" ? [] : [wrong("name", "a non-empty string", name)]),
    ...(typeof open === "function" ? [] : [wrong("open", "a function", open)]),
    ...(typeof probe === "function" ? [] : [wrong("probe", "a function", probe)]),
  ],
};

/** The backend called `name`: `reference`, `null`, or a plugin. Nothing is opened. Throws as `resolvePlugin` does. */
export async function resolveBackend(name: string, importer: PluginImporter): Promise<Backend> {
  return (
    builtIn.find((backend) => backend.name === name) ?? (await resolvePlugin(backendPlugin, name, importer)).plugin
  );
}

function wrong(where: string, expected: string, got: unknown): Reason {
  return { where, message: "is missing or wrong", expected, got: typeof got };
}
