// The WebGPU backend: graphs become fused WGSL kernels, through the browser's WebGPU or, in Node, the package `webgpu`.
import { checkOptions, defineBackend } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import { type DeviceOptions, traitsOf, webgpuDevice } from "./device.js";
import { requestGpu } from "./gpu/adapter.js";
import { probe } from "./gpu/probe.js";
import { orderedSubgroupSize } from "./gpu/subgroups.js";
import { bindingUnit } from "./lower/traits.js";

/**
 * Options: `adapter` (string: `high-performance`, the default, `low-power`, `fallback`, or part of an adapter's name),
 * `kernels` (`gpu` or `cpu`: the family of kernels, by default the adapter's own), `tune` (boolean: time variants of
 * kernels and keep the fastest), `profile` (boolean), `maxBindingBytes` (number: bind large tensors in parts of it).
 * @example const device = await backend.open({ adapter: "nvidia" });
 */
export default defineBackend({
  name: "webgpu",
  async open(given = {}) {
    checkOptions("webgpu", given, {
      adapter: "string",
      kernels: "string",
      tune: "boolean",
      profile: "boolean",
      maxBindingBytes: "number",
    });
    const { adapter, ...options } = given as { adapter?: string } & DeviceOptions;
    const { kernels, maxBindingBytes = bindingUnit } = options;
    if (kernels !== undefined && kernels !== "gpu" && kernels !== "cpu")
      throw new CambiumError("E_BACKEND_OPTION", `there is no family of kernels "${kernels as string}"`, {
        expected: "gpu or cpu",
      });
    if (!(maxBindingBytes >= bindingUnit))
      throw new CambiumError("E_BACKEND_OPTION", "maxBindingBytes is too small", {
        expected: `at least ${bindingUnit}`,
        got: String(maxBindingBytes),
      });
    const gpu = await requestGpu(adapter);
    if (options.profile && !gpu.features.has("timestamp-query")) {
      gpu.device.destroy();
      throw new CambiumError("E_BACKEND_OPTION", `${gpu.adapter.name} has no time stamps to profile with`);
    }
    try {
      const forGpus = traitsOf(gpu, options).kind === "gpu";
      return webgpuDevice(gpu, options, forGpus ? await orderedSubgroupSize(gpu) : 0);
    } catch (error) {
      gpu.device.destroy();
      throw error;
    }
  },
  probe: () => probe(),
});
