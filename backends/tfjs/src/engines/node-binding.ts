// Loads tfjs-node over a binding that `cambium setup tfjs` built, or over the package's own binding if it has one.
import { join } from "node:path";
import { CambiumError, type HalfDType } from "@cambium/ir";
import { multipliesBf16 } from "./cpu.js";
import { findGpu } from "./node-binding-gpu.js";
import { withLegacyUtil } from "./node-binding-legacy.js";
import { type EngineState, inspectNodeEngine, type NodeEngineKind, unavailable } from "./node-binding-state.js";

type Tf = typeof import("@tensorflow/tfjs-core");

/** tfjs over libtensorflow, set as the current backend of tfjs. */
export interface NodeEngine {
  /** tfjs-node's own tfjs. All copies of tfjs in a process share one engine and one kernel registry. */
  readonly tf: Tf;
  /** The name it is registered under with tfjs. */
  readonly backendName: "tensorflow";
  /** E.g. `tfjs-node 4.22.0, TensorFlow 2.21.0`. */
  readonly version: string;
  /** What computes: `cpu`, or the GPU's name if the driver reports it. */
  readonly device: string;
  readonly cuda: boolean;
  /** Whether Cambium's own ops are registered. */
  readonly fused: boolean;
  /** bf16, where those ops are there and the CPU multiplies it. On a GPU this has not been tried. */
  readonly halves: readonly HalfDType[];
}

/** The part of the native module that is used here. */
interface NativeModule {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
}

type KernelBackendClass = new (binding: NativeModule, packageName: string) => InstanceType<Tf["KernelBackend"]>;

/** TensorFlow's own switches, unless the user sets them: log only warnings, allocate GPU memory as it is needed. */
const switches = { TF_CPP_MIN_LOG_LEVEL: "1", TF_FORCE_GPU_ALLOW_GROWTH: "true" };

let loaded: { readonly kind: NodeEngineKind; readonly engine: NodeEngine } | undefined;

/**
 * Loads an engine, once per thread. Packages are looked up from the file `from` (a path or URL).
 * @throws CambiumError `E_BACKEND_UNAVAILABLE` with the cause and the command that mends it: the package is missing, has
 * another version, or does not load; its binding is not built, or is broken; `node-gpu` finds no CUDA device (it does not
 * fall back to the CPU); the other of the two engines is already loaded.
 */
export async function loadNodeEngine(kind: NodeEngineKind, from: string = import.meta.url): Promise<NodeEngine> {
  if (loaded?.kind === kind) return loaded.engine;
  if (loaded) {
    throw new CambiumError("E_BACKEND_UNAVAILABLE", `this process computes on the tfjs engine ${loaded.kind} already`, {
      expected: "one of node and node-gpu in a process",
      hint: `open ${kind} in a process of its own`,
    });
  }
  const state = await inspectNodeEngine(kind, from);
  if (state.state !== "ready") throw unavailable(kind, state);
  const engine = start(kind, state);
  loaded = { kind, engine };
  return engine;
}

function start(kind: NodeEngineKind, found: Extract<EngineState, { state: "ready" }>): NodeEngine {
  const { packageName, folder, load } = found;
  for (const [name, value] of Object.entries(switches)) process.env[name] ??= value;
  const binding = attempt(kind, "binding", () => load(found.binding) as NativeModule);
  const cuda = binding.isUsingGpuDevice();
  const gpu = kind === "node-gpu" ? findGpu() : null;
  if (kind === "node-gpu" && !cuda) throw unavailable(kind, { state: "no-cuda", gpu });
  const tf = attempt(kind, "package", () =>
    withLegacyUtil(folder, () => {
      // This does what tfjs-node's own entry does, except for looking for its binding in its own folder by node-pre-gyp.
      const union = load("@tensorflow/tfjs") as Tf;
      load(join(folder, "dist", "register_all_kernels.js"));
      const { NodeJSKernelBackend } = load(join(folder, "dist", "nodejs_kernel_backend.js")) as {
        NodeJSKernelBackend: KernelBackendClass;
      };
      union.registerBackend("tensorflow", () => new NodeJSKernelBackend(binding, packageName), 3);
      if (!union.setBackend("tensorflow")) throw new Error("tfjs refuses the backend of tfjs-node");
      return union;
    }),
  );
  const fused = !cuda && found.ops !== undefined;
  if (fused) attempt(kind, "binding", () => load(found.ops as string));
  return {
    tf,
    backendName: "tensorflow",
    version: `${packageName.replace("@tensorflow/", "")} ${found.version}, TensorFlow ${binding.TF_Version}`,
    device: cuda ? (gpu?.name ?? "CUDA device") : fused ? "cpu, with Cambium's ops" : "cpu",
    cuda,
    fused,
    halves: fused && multipliesBf16() ? ["bf16"] : [],
  };
}

function attempt<T>(kind: NodeEngineKind, part: "package" | "binding", work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw unavailable(kind, { state: "broken", part, reason: cause instanceof Error ? cause.message : String(cause) });
  }
}
