// The engines that consist of JavaScript and WebAssembly only. They run in Node and in browsers that have what they need.
// A package is imported only when its engine is opened.
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
  /** The device text, once the package is loaded. */
  device(loaded: unknown): string;
}

// Each import is written out, so that a bundler finds the packages that a page needs.
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

/** An engine over a tfjs that is already loaded, on `backendName` or on its active backend. */
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
      hint: "another engine; the warnings of tfjs above say what it found",
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
 * Imports the package `engine`, or a package that it needs.
 * @throws CambiumError `E_BACKEND_UNAVAILABLE` if it is not installed, or if it does not load, with its own message.
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
