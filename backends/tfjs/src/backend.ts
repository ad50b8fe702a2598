// The backend over a list of engines: picks one by an option and reports on the device which were passed over, and why.
import {
  type Backend,
  type BackendOptions,
  checkOptions,
  type Device,
  type DeviceInfo,
  defineBackend,
} from "@cambium/backend";
import { CambiumError, type Reason } from "@cambium/ir";
import { tfjsDevice } from "./device/device.js";
import { computedBy, type Engine } from "./engines/engine.js";
import { engineOver } from "./engines/portable.js";
import type { EngineSource } from "./engines/source.js";
import { loweredComposites } from "./lower/index.js";
import type { Tfjs } from "./tfjs.js";

/** The backend over `engines`. `engine: "auto"` takes the first of them that runs. */
export function tfjsBackend(engines: readonly EngineSource[]): Backend {
  return defineBackend({
    name: "tfjs",
    open: async (options = {}) => {
      const names = ["auto", ...engines.map(({ name }) => name)];
      checkOptions("tfjs", options, { engine: names, profile: "boolean" });
      const { engine: wanted = "auto", profile = false } = options as { engine?: string; profile?: boolean };
      const picked = wanted === "auto" ? await firstOf(engines) : { engine: await named(engines, wanted), passed: [] };
      return device(picked.engine, picked.passed, profile);
    },
    probe: async () => {
      const found = await Promise.all(engines.map((engine) => engine.probe()));
      const first = found.findIndex(({ available }) => available);
      return found.map((one, i) => ({
        ...(one.available && { computes: computedBy({}) }),
        ...one,
        ...(i === first && { detail: `${one.detail}; used unless another is named` }),
      }));
    },
  });
}

export interface InjectedTfjs {
  /** tfjs with a backend of it registered: `import * as tf from "@tensorflow/tfjs"`, or any package that re-exports it. */
  readonly tf: Tfjs;
  /** Name of the tfjs backend to compute on. Default: the active one. It becomes the active one. */
  readonly backend?: string;
}

/**
 * The backend over the caller's own tfjs. The caller sets it up (WebAssembly paths, flags, threads).
 * @example
 * import * as tf from "@tensorflow/tfjs-core";
 * import "@tensorflow/tfjs-backend-webgpu";
 * await using device = await backendTfjs({ tf, backend: "webgpu" }).open();
 */
export function backendTfjs({ tf, backend }: InjectedTfjs): Backend {
  const open = () => engineOver(tf, (name) => name, backend);
  return defineBackend({
    name: "tfjs",
    open: async (options: BackendOptions = {}) => {
      checkOptions("tfjs", options, { profile: "boolean" });
      return device(await open(), [], options["profile"] === true);
    },
    probe: async () => [
      {
        device: backend ?? tf.getBackend(),
        available: true,
        detail: `tfjs ${tf.version_core}, handed in by the caller`,
        computes: computedBy({}),
      },
    ],
  });
}

/** @param wanted the name of one of them, as was checked */
function named(engines: readonly EngineSource[], wanted: string): Promise<Engine> {
  return (engines.find(({ name }) => name === wanted) as EngineSource).load();
}

/** The first engine that loads, and why those before it do not. */
async function firstOf(engines: readonly EngineSource[]): Promise<{ engine: Engine; passed: readonly Reason[] }> {
  const passed: Reason[] = [];
  for (const source of engines) {
    try {
      return { engine: await source.load(), passed };
    } catch (error) {
      if (!(error instanceof CambiumError) || error.code !== "E_BACKEND_UNAVAILABLE") throw error;
      const { got, expected, hint } = error.details;
      passed.push({
        ...{ where: source.name, message: error.summary },
        ...(expected !== undefined && { expected }),
        ...(got !== undefined && { got }),
        ...(hint !== undefined && { hint }),
      });
    }
  }
  throw new CambiumError("E_BACKEND_UNAVAILABLE", "no engine of tfjs runs here", { reasons: passed });
}

function device(engine: Engine, passed: readonly Reason[], profile: boolean): Device {
  const info: DeviceInfo = {
    backend: "tfjs",
    version: engine.version,
    device: [engine.device, ...passed.map(({ where, message }) => `not ${where}: ${message}`)].join("; "),
    ...(passed.length > 0 && { fallback: passed.map(({ where, message }) => `not ${where}: ${message}`).join("; ") }),
    accepts: ["f32", "i32", "bool", "f16", "bf16"],
    computes: computedBy(engine),
    composites: loweredComposites,
    limits: { maxTensorBytes: maxTensorBytes(engine) },
  };
  return tfjsDevice(info, engine, profile);
}

/** tfjs grows its WebAssembly memory to 2 GiB at most. WebGPU binds a buffer up to a limit of the adapter. */
function maxTensorBytes({ tf, backendName }: Engine): number {
  if (backendName === "wasm") return 2 ** 31 - 2 ** 24;
  if (backendName !== "webgpu") return Number.POSITIVE_INFINITY;
  const { device: gpu } = tf.engine().backend as { device?: { limits?: { maxStorageBufferBindingSize?: number } } };
  return gpu?.limits?.maxStorageBufferBindingSize ?? 2 ** 27;
}
