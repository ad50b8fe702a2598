// A GPU as the rest of the backend sees it: the traits that kernels may depend on, and the device name kept with a run.
import type { DeviceTraits } from "../lower/traits.js";
import type { DeviceOptions } from "../options.js";
import type { Gpu } from "./adapter.js";

/** @param subgroupSize see `DeviceTraits.subgroupSize` */
export function traitsOf(gpu: Gpu, options: DeviceOptions, subgroupSize: number): DeviceTraits {
  const { adapter, features, limits } = gpu;
  return {
    kind: kindOf(gpu, options),
    subgroups: features.has("subgroups"),
    subgroupSize,
    maxInvocations: limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupBytes: limits.maxComputeWorkgroupStorageSize,
    maxStorageBuffers: limits.maxStorageBuffersPerShaderStage,
    maxBindingBytes: Math.min(limits.maxStorageBufferBindingSize, options.maxBindingBytes ?? Number.POSITIVE_INFINITY),
    // Measured on Mesa 22.3 with uniform buffers: each dispatch of a product leaks 0.5 MB and takes milliseconds.
    numbers: /llvmpipe/i.test(adapter.name) ? "storage" : "uniform",
  };
}

/** The family of kernels that the device uses. */
export function kindOf({ adapter }: Gpu, { kernels }: DeviceOptions): DeviceTraits["kind"] {
  return kernels ?? usualKind(adapter);
}

/** The adapter's name with the options that decide bits: a run continued with other options is another run. */
export function deviceName({ adapter, source }: Gpu, { kernels, tune }: DeviceOptions): string {
  const usual = usualKind(adapter);
  const notes = [
    source,
    ...(usual === "cpu" ? ["software"] : []),
    ...(kernels !== undefined && kernels !== usual ? [`kernels=${kernels}`] : []),
    ...(tune ? ["tuned"] : []),
  ];
  return `${adapter.name} (${notes.join(", ")})`;
}

/** `DeviceInfo.fallback` of a software adapter. */
export function standsIn({ adapter }: Gpu): { fallback?: string } {
  return usualKind(adapter) === "cpu" ? { fallback: "software adapter: a CPU stands in for a GPU" } : {};
}

/** Software adapters compute on the CPU and get kernels of their own. */
function usualKind({ isFallback, name, architecture }: Gpu["adapter"]): DeviceTraits["kind"] {
  const isSoftware = isFallback || /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${name} ${architecture}`);
  return isSoftware ? "cpu" : "gpu";
}
