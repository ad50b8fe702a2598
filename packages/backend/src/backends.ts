// Resolves backends by name: the two built-in ones, and those that the user's project has installed.
import { CambiumError } from "@cambium/ir";
import {
  type Fields,
  fieldReasons,
  installedNames,
  type PluginContract,
  type PluginImporter,
  resolvePlugin,
} from "@cambium/plugin";
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

/** The backend called `name`: `reference`, `null`, or a plugin. Opens nothing. Throws as `resolvePlugin` does. */
export async function resolveBackend(name: string, importer: PluginImporter): Promise<Backend> {
  const found = builtIn.find((backend) => backend.name === name);
  if (found) return found;
  const names = builtIn.map((backend) => backend.name);
  try {
    return (await resolvePlugin(backendPlugin, name, importer, names)).plugin;
  } catch (error) {
    const { code, summary, details } = error as CambiumError;
    if (code !== "E_PLUGIN_MISSING" || name !== usual) throw error;
    throw new CambiumError(code, summary, { ...details, hint: installBackend });
  }
}

/**
 * The command that installs the backend that runs everywhere. Without the variable, npm also fetches libraries for
 * NVIDIA GPUs.
 */
export const installBackend = "ONNXRUNTIME_NODE_INSTALL=skip npm install @cambium/backend-onnx";

/** The default backend, if it is installed. */
const usual = "onnx";

/**
 * The backend to use if none is named: onnx, or the only one that is installed. If none is installed it is onnx, so
 * that resolving it fails with the command that installs it.
 * @throws CambiumError `E_BACKEND_CHOICE` if several are installed, and onnx is not among them.
 */
export function defaultBackend(importer: PluginImporter): string {
  const names = installedNames("backend", importer);
  if (names.length === 0 || names.includes(usual)) return usual;
  if (names.length === 1) return names[0] as string;
  throw new CambiumError("E_BACKEND_CHOICE", "several backends are installed, and none is named", {
    expected: `one of ${names.join(", ")}`,
    hint: `--backend ${names[0]}, or in a recipe backend: ${names[0]}`,
  });
}
