// Backends by name: the two built in, and whatever the user's project has installed.
import { type Fields, fieldReasons, type PluginContract, type PluginImporter, resolvePlugin } from "@cambium/plugin";
import { builtIn } from "./built-in.js";
import { type Backend, backendContractVersion } from "./contract.js";

const fields: Fields<Backend> = { name: "string", contract: "number", open: "function", probe: "function" };

/** What a backend package must export. */
export const backendPlugin: PluginContract<Backend> = {
  kind: "backend",
  version: backendContractVersion,
  define: "defineBackend",
  problems: (value) => fieldReasons(fields, value),
};

/** The backend called `name`: `reference`, `null`, or a plugin. Nothing is opened. Throws as `resolvePlugin` does. */
export async function resolveBackend(name: string, importer: PluginImporter): Promise<Backend> {
  return (
    builtIn.find((backend) => backend.name === name) ?? (await resolvePlugin(backendPlugin, name, importer)).plugin
  );
}
