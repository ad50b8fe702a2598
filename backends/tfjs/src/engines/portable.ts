// The engines that are JavaScript and WebAssembly alone: they run in Node and in browsers, as far as each has what they
// need. Their packages are imported only when one is asked for.
import type { ProbeResult } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import { installOf, isSupported, supportedRange } from "../setup/packages.js";
import type { Tfjs } from "../tfjs.js";
import type { Engine } from "./engine.js";
import type { EngineName, EngineSource } from "./source.js";

type PortableName = Exclude<EngineName, "node" | "node-gpu">;

interface PortablePackage {
  readonly name: string;
  load(): Promise<unknown>;
  /** What computes, once the package is loaded. */
  device(loaded: unknown): string;
}

// Each import is spelled out, so that a bundler finds what a page asks for.
const packages: Readonly<Record<PortableName, PortablePackage>> = {
  wasm: {
    name: "@tensorflow/tfjs-backend-wasm",
    load: () => import("@tensorflow/tfjs-backend-wasm"),
    device: (loaded) => {
      const threads = (loaded as { getThreadsCount(): number }).getThreadsCount();
      return `wasm, ${threads} ${threads === 1 ? "thread" : "threads"}`;
    },
  },
  cpu: {
    name: "@tensorflow/tfjs-backend-cpu",
    load: () => import("@tensorflow/tfjs-backend-cpu"),
    device: () => "cpu, plain JavaScript",
  },
  webgpu: {
    name: "@tensorflow/tfjs-backend-webgpu",
    load: () => import("@tensorflow/tfjs-backend-webgpu"),
    device: () => "webgpu",
  },
  webgl: {
    name: "@tensorflow/tfjs-backend-webgl",
    load: () => import("@tensorflow/tfjs-backend-webgl"),
    device: () => "webgl",
  },
};

const core = "@tensorflow/tfjs-core";

export function portableEngine(name: PortableName): EngineSource {
  const source = packages[name];
  return {
    name,
    load: () => load(name, source),
    probe: () => probe(name, source),
  };
}

/** An engine over a tfjs that is there already, on the backend that is active in it, or on `backendName`. */
export async function engineOver(tf: Tfjs, device: (name: string) => string, backendName?: string): Promise<Engine> {
  if (!isSupported(tf.version_core)) {
    throw new CambiumError("E_BACKEND_UNAVAILABLE", "this tfjs is of a version that Cambium does not work with", {
      expected: `${core}@${supportedRange}`,
      got: String(tf.version_core),
      hint: `npm install ${core}@${supportedRange}`,
    });
  }
  if (backendName !== undefined && !(await tf.setBackend(backendName).catch(() => false))) {
    throw new CambiumError("E_BACKEND_UNAVAILABLE", `tfjs does not start its backend "${backendName}" here`, {
      hint: "another engine; what tfjs found stands in its warnings above",
    });
  }
  await tf.ready();
  const name = tf.getBackend();
  return { tf, backendName: name, version: `tfjs ${tf.version_core}`, device: device(name) };
}

async function load(
  name: PortableName,
  { name: packageName, load: importIt, device }: PortablePackage,
): Promise<Engine> {
  const tf = await imported<Tfjs>(core, packageName, () => import("@tensorflow/tfjs-core"));
  const loaded = await imported<unknown>(packageName, packageName, importIt);
  return engineOver(tf, () => device(loaded), name);
}

async function probe(name: PortableName, { name: packageName, load: importIt }: PortablePackage): Promise<ProbeResult> {
  try {
    const tf = await imported<Tfjs>(core, packageName, () => import("@tensorflow/tfjs-core"));
    await imported<unknown>(packageName, packageName, importIt);
    if (isSupported(tf.version_core)) return { device: name, available: true, detail: `tfjs ${tf.version_core}` };
    const detail = `tfjs ${tf.version_core} is of a version that Cambium does not work with`;
    return { device: name, available: false, detail, fix: `npm install ${core}@${supportedRange}` };
  } catch (error) {
    const { summary: message, details } = error as CambiumError;
    return {
      device: name,
      available: false,
      detail: details.got === undefined ? message : `${message}: ${details.got}`,
      fix: details.hint ?? installOf(core, packageName),
    };
  }
}

/**
 * A package that the package `engine` runs on, or that itself.
 * @throws CambiumError `E_BACKEND_UNAVAILABLE`: not installed, or installed and broken, with its own words.
 */
async function imported<T>(name: string, engine: string, importIt: () => Promise<unknown>): Promise<T> {
  try {
    const module = (await importIt()) as { default?: T };
    // A CommonJS package comes as the default export of its namespace.
    return module.default ?? (module as T);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const code = (cause as { code?: unknown }).code;
    const missing = (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") && said.includes(name);
    throw new CambiumError(
      "E_BACKEND_UNAVAILABLE",
      missing ? `${name} is not installed` : `${name} is installed but does not load`,
      { ...(!missing && { got: said.split("\n")[0] as string }), hint: installOf(core, engine), cause },
    );
  }
}
