// The WebGPU backend: graphs become fused WGSL kernels, through the browser's WebGPU or, in Node, the package `webgpu`.
import { defineBackend } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import { webgpuDevice } from "./device.js";
import { requestGpu } from "./gpu/adapter.js";
import { probe } from "./gpu/probe.js";
import { orderedSubgroupSize } from "./gpu/subgroups.js";
import { kindOf } from "./gpu/traits.js";
import { openOptions } from "./options.js";

/**
 * Options: `adapter` (string: `high-performance`, the default, `low-power`, `fallback`, or part of an adapter's name),
 * `kernels` (`gpu` or `cpu`: the family of kernels, by default the adapter's own), `tune` (boolean: time variants of
 * kernels and keep the fastest), `profile` (boolean), `maxBindingBytes` (number: bind larger tensors in parts of this size).
 * @example const device = await backend.open({ adapter: "nvidia" });
 */
export default defineBackend({
  name: "webgpu",
  async open(given = {}) {
    const { adapter, ...options } = openOptions(given);
    const gpu = await requestGpu(adapter);
    try {
      if (options.profile && !gpu.features.has("timestamp-query"))
        throw new CambiumError("E_BACKEND_OPTION", `${gpu.adapter.name} has no timestamps to profile with`);
      return webgpuDevice(gpu, options, kindOf(gpu, options) === "gpu" ? await orderedSubgroupSize(gpu) : 0);
    } catch (error) {
      gpu.device.destroy();
      throw error;
    }
  },
  probe: () => probe(),
});
