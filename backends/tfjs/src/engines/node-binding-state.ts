// Why tfjs-node or tfjs-node-gpu would not run, or what would run. It looks at files and loads nothing.
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProbeResult } from "@cambium/backend";
import { CambiumError, type ErrorDetails } from "@cambium/ir";
import { bindingFolder, bindingPrefix, cacheFolder } from "../setup/cache.js";
import { bindingName, opsName, readManifest, verify } from "../setup/manifest.js";
import { type EnginePackage, installCommand, isSupported, setupCommand, supportedRange } from "../setup/packages.js";
import { multipliesBf16 } from "./cpu.js";
import { computedBy } from "./engine.js";
import { findGpu, type Gpu } from "./node-binding-gpu.js";
import { opsKey } from "./ops-key.js";

/** The engines with a native part: tfjs-node on the CPU, tfjs-node-gpu on CUDA. */
export type NodeEngineKind = "node" | "node-gpu";

export const enginePackage: Readonly<Record<NodeEngineKind, EnginePackage>> = {
  node: "@tensorflow/tfjs-node",
  "node-gpu": "@tensorflow/tfjs-node-gpu",
};

/** An installed package, by its real folder. */
export interface InstalledEngine {
  readonly packageName: EnginePackage;
  readonly folder: string;
  readonly version: string;
  /** Loads modules as the package's own files do. */
  readonly load: NodeJS.Require;
}

export type Obstacle =
  | { readonly state: "missing" }
  | { readonly state: "version"; readonly version: string }
  | { readonly state: "not-built"; readonly version: string; readonly builtFor?: string | undefined }
  | { readonly state: "broken"; readonly part: "package" | "binding"; readonly reason: string }
  | { readonly state: "no-cuda"; readonly gpu: Gpu | null };

export type EngineState =
  | Obstacle
  | ({
      readonly state: "ready";
      /** Path of the native module. */
      readonly binding: string;
      /** Version of TensorFlow, if the manifest has it; else the binding reports it when it is loaded. */
      readonly tensorflow?: string | undefined;
      /** Path of Cambium's own ops, where `cambium setup tfjs` has built them for this CPU. */
      readonly ops?: string | undefined;
    } & InstalledEngine);

/** The package as the file `from` (path or URL) would import it, or what is wrong with it. */
export function findEngine(kind: NodeEngineKind, from: string): InstalledEngine | Obstacle {
  const packageName = enginePackage[kind];
  const folder = installed(packageName, dirname(from.startsWith("file:") ? fileURLToPath(from) : from));
  if (folder === undefined) return { state: "missing" };
  const path = join(folder, "package.json");
  let version: string;
  try {
    version = String((JSON.parse(readFileSync(path, "utf8")) as { version?: unknown }).version);
  } catch (error) {
    return { state: "broken", part: "package", reason: `${path}: ${(error as Error).message}` };
  }
  if (!isSupported(version)) return { state: "version", version };
  const needed = ["dist/register_all_kernels.js", "dist/nodejs_kernel_backend.js", "binding/tfjs_backend.cc"];
  const absent = needed.find((file) => !existsSync(join(folder, file)));
  if (absent !== undefined) return { state: "broken", part: "package", reason: `${join(folder, absent)} is missing` };
  return { packageName, folder, version, load: createRequire(path) };
}

/** The real folder of a package, in whatever state, in the nearest `node_modules` above that has it. */
function installed(name: string, dir: string): string | undefined {
  const folder = join(dir, "node_modules", name);
  if (existsSync(join(folder, "package.json"))) return realpathSync(folder);
  return dirname(dir) === dir ? undefined : installed(name, dirname(dir));
}

/** Looks at the package, then at its binding. Libraries are compared by size, the binding by checksum. */
export async function inspectNodeEngine(kind: NodeEngineKind, from: string): Promise<EngineState> {
  const found = findEngine(kind, from);
  if ("state" in found) return found;
  const built = await findBinding(found);
  return "state" in built ? built : { state: "ready", ...found, ...built };
}

async function findBinding(
  found: InstalledEngine,
): Promise<{ readonly binding: string; readonly tensorflow?: string; readonly ops?: string } | Obstacle> {
  const { packageName, version, folder } = found;
  const cached = bindingFolder(packageName, version);
  try {
    const manifest = await readManifest(cached);
    if (manifest) {
      const [problem] = await verify(cached, manifest, "quick");
      if (problem !== undefined) return { state: "broken", part: "binding", reason: problem };
      const ops = manifest.ops === opsKey() ? { ops: join(cached, opsName) } : {};
      return { binding: join(cached, bindingName), tensorflow: manifest.tensorflow, ...ops };
    }
  } catch (error) {
    return { state: "broken", part: "binding", reason: (error as Error).message };
  }
  const own = ownBinding(folder);
  return own === undefined ? { state: "not-built", version, builtFor: otherBuild(packageName) } : { binding: own };
}

/** The binding that the package's own script built or downloaded, if it could. */
function ownBinding(folder: string): string | undefined {
  const versions = namesIn(join(folder, "lib"))
    .map((name) => Number(/^napi-v(\d+)$/.exec(name)?.[1]))
    .filter((version) => version <= Number(process.versions.napi))
    .sort((a, b) => b - a);
  return versions.map((version) => join(folder, "lib", `napi-v${version}`, bindingName)).find(existsSync);
}

/** The version that a binding in the cache was built for, if it is not this one. */
function otherBuild(name: EnginePackage): string | undefined {
  const prefix = bindingPrefix(name);
  const rest = namesIn(cacheFolder()).filter((entry) => entry.startsWith(prefix));
  return rest.map((entry) => /^(\d+\.\d+\.\d+)-/.exec(entry.slice(prefix.length))?.[1]).find(Boolean);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The error for an engine that does not run. */
export function unavailable(kind: NodeEngineKind, obstacle: Obstacle): CambiumError {
  const { message, ...details } = explain(kind, obstacle);
  return new CambiumError("E_BACKEND_UNAVAILABLE", message, details);
}

/** For `cambium doctor`: what would run, or why it would not and how to mend that. */
export async function probeNodeEngine(kind: NodeEngineKind, from: string = import.meta.url): Promise<ProbeResult> {
  const found = await inspectNodeEngine(kind, from);
  const gpu = kind === "node-gpu" ? findGpu() : null;
  const driverless = found.state === "ready" && kind === "node-gpu" && gpu === null;
  const state: EngineState = driverless ? { state: "no-cuda", gpu } : found;
  if (state.state !== "ready") {
    const { message, got, hint } = explain(kind, state);
    return {
      device: kind,
      available: false,
      detail: got === undefined ? message : `${message}: ${got}`,
      ...(hint !== undefined && { fix: hint }),
    };
  }
  const { packageName, version, tensorflow, ops } = state;
  const name = packageName.replace("@tensorflow/", "");
  const below = tensorflow === undefined ? "TensorFlow as the package brings it" : `TensorFlow ${tensorflow}`;
  const where = kind === "node-gpu" ? `on ${gpu?.name ?? "CUDA"}` : "on the CPU";
  const own =
    kind === "node-gpu" ? "" : ops ? ", with Cambium's ops" : `, without Cambium's ops (${setupCommand(packageName)})`;
  const computes = computedBy({ halves: ops !== undefined && multipliesBf16() ? ["bf16"] : [] });
  return { device: kind, available: true, detail: `${name} ${version}, ${below}, ${where}${own}`, computes };
}

function explain(kind: NodeEngineKind, obstacle: Obstacle): { readonly message: string } & ErrorDetails {
  const name = enginePackage[kind];
  const setup = setupCommand(name);
  switch (obstacle.state) {
    case "missing":
      return { message: `${name} is not installed`, hint: `${installCommand(name)} && ${setup}` };
    case "version":
      return {
        message: `${name} is of a version that Cambium does not work with`,
        expected: supportedRange,
        got: obstacle.version,
        hint: `${installCommand(name)} && ${setup}`,
      };
    case "not-built":
      return {
        message: `the native binding of ${name} ${obstacle.version} is not built`,
        ...(obstacle.builtFor !== undefined && { got: `one for ${obstacle.builtFor}` }),
        hint: setup,
      };
    case "broken":
      return obstacle.part === "package"
        ? {
            message: `${name} is installed but does not load`,
            got: obstacle.reason,
            hint: `npm uninstall ${name} && ${installCommand(name)} && ${setup}`,
          }
        : { message: `the native binding of ${name} is broken`, got: obstacle.reason, hint: setup };
    case "no-cuda":
      return obstacle.gpu === null
        ? {
            message: `${name} finds no NVIDIA driver`,
            expected: "a CUDA device",
            hint: "install NVIDIA's driver (in a container: start it with --gpus all), or use the engine node",
          }
        : {
            message: `${name} would compute on the CPU: TensorFlow does not use ${obstacle.gpu.name ?? "the GPU"}`,
            expected: "a CUDA device that TensorFlow can use",
            hint: `${setup} brings the CUDA libraries of TensorFlow's wheel; or use the engine node`,
          };
  }
}
