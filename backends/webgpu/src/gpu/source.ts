// Where WebGPU comes from: the browser's own, or Dawn through the optional package `webgpu`.
/// <reference types="@webgpu/types" />
import { CambiumError } from "@cambium/ir";

/** A way to make WebGPU instances. */
export interface GpuSource {
  /** The implementation, e.g. `browser` or `Dawn`. */
  readonly name: string;
  /** Whether adapters can be chosen by name. */
  readonly listsAdapters: boolean;
  /** The instance. Where adapters can be listed, the instance that offers only the adapter of this name. */
  instance(adapter?: string): GPU;
}

/** The part of the `webgpu` package that is used. */
interface DawnModule {
  create(flags: string[]): GPU;
}

/** What distinguishes Node from a browser. */
interface Surroundings {
  readonly navigator?: { readonly gpu?: GPU };
  readonly process?: { readonly platform?: string };
}

/**
 * Dawn's instances by the adapter they offer. They are kept for the life of the process: if an instance is collected
 * together with its devices, even destroyed ones, the process ends with a segmentation fault. They are few, and idle
 * instances cost nothing.
 */
const instances = new Map<string | undefined, GPU>();

/**
 * Exact timestamps. Browsers round them to 100 µs to protect pages from one another; here there are no pages.
 */
const dawnFlags = ["disable-dawn-features=timestamp_quantization"];

/**
 * The browser's WebGPU where there is one, else Dawn.
 * @throws CambiumError `E_BACKEND_UNAVAILABLE` if there is neither, with how to get it; if the package is there but broken,
 * with the package's own error
 */
export async function gpuSource(
  load: () => Promise<unknown> = loadDawn,
  { navigator, process }: Surroundings = globalThis as Surroundings,
): Promise<GpuSource> {
  const own = navigator?.gpu;
  if (own) return { name: "browser", listsAdapters: false, instance: () => own };
  // Pages and their workers have no `process`.
  if (process?.platform === undefined)
    throw new CambiumError("E_BACKEND_UNAVAILABLE", "this page has no WebGPU", {
      hint: "serve it over https or from localhost, to a browser that has WebGPU (chrome://gpu says why it has none)",
    });
  const { create } = (await load().catch(refuse)) as DawnModule;
  return {
    name: "Dawn",
    listsAdapters: true,
    instance(adapter) {
      const known = instances.get(adapter);
      if (known) return known;
      const made = create(adapter === undefined ? dawnFlags : [...dawnFlags, `adapter=${adapter}`]);
      instances.set(adapter, made);
      return made;
    },
  };
}

/** The name is a variable, so that bundlers for browsers leave it alone. */
function loadDawn(name = "webgpu"): Promise<unknown> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ name);
}

function refuse(cause: unknown): never {
  const { code, message } = cause as { code?: string; message?: string };
  const absent = code === "ERR_MODULE_NOT_FOUND" && /'webgpu'/.test(message ?? "");
  throw new CambiumError(
    "E_BACKEND_UNAVAILABLE",
    absent ? "WebGPU in Node needs the package webgpu, which is not installed" : "the package webgpu does not load",
    {
      ...(!absent && { got: message ?? String(cause) }),
      hint: absent ? "npm install webgpu" : "npm install --force webgpu; it needs x64 or arm64, and glibc on Linux",
      cause,
    },
  );
}
