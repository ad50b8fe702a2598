// Opens a GPU: picks an adapter and asks it for a device with everything that the kernels can use.
import { CambiumError } from "@cambium/ir";
import { type GpuSource, gpuSource } from "./source.js";

/** An adapter, as data. */
export interface AdapterInfo {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** It computes on the CPU in place of a GPU. */
  readonly isFallback: boolean;
  /** Fewest and most invocations of a subgroup; 0 when unknown. */
  readonly subgroupSizes: readonly [number, number];
}

/** An open device and its properties. Destroy the device in the end, or the process does not end. */
export interface Gpu {
  /** The implementation of WebGPU, e.g. `Dawn`. */
  readonly source: string;
  readonly adapter: AdapterInfo;
  readonly device: GPUDevice;
  readonly features: ReadonlySet<string>;
  readonly limits: GpuLimits;
}

const wantedFeatures: readonly string[] = ["timestamp-query", "subgroups", "shader-f16"];

/** The limits that matter to compute; each is requested at the adapter's best. */
const wantedLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxUniformBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxBindingsPerBindGroup",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
  "minStorageBufferOffsetAlignment",
  "minUniformBufferOffsetAlignment",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

export type GpuLimits = Readonly<Record<(typeof wantedLimits)[number], number>>;

/**
 * Opens a device.
 * @param choice `high-performance` (default), `low-power`, `fallback` (a software adapter), or part of an adapter's name
 * @throws CambiumError `E_BACKEND_UNAVAILABLE` if there is no such adapter; it lists the adapters found, or says how to get one
 */
export async function requestGpu(choice = "high-performance", source?: GpuSource): Promise<Gpu> {
  const from = source ?? (await gpuSource());
  const adapter = await findAdapter(from, choice);
  const requiredLimits = Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]]));
  const requiredFeatures = wantedFeatures.filter((name) => adapter.features.has(name));
  try {
    const device = await adapter.requestDevice({
      requiredFeatures: requiredFeatures as GPUFeatureName[],
      requiredLimits,
    });
    return {
      source: from.name,
      adapter: adapterInfo(adapter),
      device,
      features: new Set(requiredFeatures),
      limits: Object.fromEntries(wantedLimits.map((name) => [name, device.limits[name]])) as GpuLimits,
    };
  } catch (cause) {
    throw new CambiumError(
      "E_BACKEND_UNAVAILABLE",
      `the adapter ${adapterInfo(adapter).name} refused to open a device`,
      {
        got: String(cause),
        hint: noAdapterHint(),
        cause,
      },
    );
  }
}

export function adapterInfo({ info }: GPUAdapter): AdapterInfo {
  const { vendor, architecture, device, description, isFallbackAdapter, subgroupMinSize, subgroupMaxSize } = info;
  return {
    name: description || device || [vendor, architecture].filter(Boolean).join(" ") || "unnamed adapter",
    vendor,
    architecture,
    isFallback: isFallbackAdapter === true,
    subgroupSizes: [subgroupMinSize ?? 0, subgroupMaxSize ?? 0],
  };
}

/** How to get an adapter on this platform. */
export function noAdapterHint(): string {
  const { process } = globalThis as { process?: { platform?: string } };
  if (process?.platform === undefined) return "look at chrome://gpu, and turn hardware acceleration on";
  return process.platform === "linux"
    ? "install the GPU's Vulkan driver and its loader libvulkan.so.1 (Debian: apt install libvulkan1), then run cambium doctor; if both are installed, Dawn's warnings on standard error say why it refuses them"
    : "update the GPU's driver, then run cambium doctor";
}

async function findAdapter(source: GpuSource, choice: string): Promise<GPUAdapter> {
  const preferences: Readonly<Record<string, GPURequestAdapterOptions>> = {
    "high-performance": { powerPreference: "high-performance" },
    "low-power": { powerPreference: "low-power" },
    fallback: { forceFallbackAdapter: true },
  };
  const preference = Object.hasOwn(preferences, choice) ? preferences[choice] : undefined;
  const found = preference ? await source.instance().requestAdapter(preference) : await findByName(source, choice);
  if (found) return found;
  const names = await adapterNames(source);
  throw new CambiumError("E_BACKEND_UNAVAILABLE", `there is no WebGPU adapter "${choice}" here`, {
    expected: `high-performance, low-power, fallback or part of a name${names.length > 0 ? ` of these: ${names.join(", ")}` : ""}`,
    got: names.length === 0 ? "no adapter at all" : choice,
    hint: names.length === 0 ? noAdapterHint() : `adapter=${names[0]}`,
  });
}

async function findByName(source: GpuSource, part: string): Promise<GPUAdapter | null | undefined> {
  const fits = (name: string) => name.toLowerCase().includes(part.toLowerCase());
  if (source.listsAdapters) {
    const name = (await adapterNames(source)).find(fits);
    return name === undefined ? undefined : source.instance(name).requestAdapter();
  }
  return (await offered(source)).find((adapter) => fits(adapterInfo(adapter).name));
}

/** The names of all adapters where they can be listed, else of those that the preferences lead to. */
export async function adapterNames(source: GpuSource): Promise<readonly string[]> {
  if (!source.listsAdapters) return [...new Set((await offered(source)).map((adapter) => adapterInfo(adapter).name))];
  // Dawn lists them when it refuses a name that it does not know.
  const refusal: unknown = await source
    .instance("none of this name")
    .requestAdapter()
    .catch((error: unknown) => error);
  return [...String(refusal).matchAll(/name: '([^']*)'/g)].map(([, name]) => name as string);
}

/** Adapters by preference, the fastest first. */
async function offered(source: GpuSource): Promise<readonly GPUAdapter[]> {
  const gpu = source.instance();
  const options = [{ powerPreference: "high-performance" }, { powerPreference: "low-power" }] as const;
  const found = [];
  for (const one of [...options, { forceFallbackAdapter: true }]) found.push(await gpu.requestAdapter(one));
  return found.filter((adapter) => adapter !== null);
}
