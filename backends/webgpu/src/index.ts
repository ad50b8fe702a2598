// The WebGPU backend: graphs become fused WGSL kernels, through the browser's WebGPU or, in Node, the package `webgpu`.
import { checkOptions, defineBackend } from "@cambium/backend";
import { CambiumError } from "@cambium/ir";
import { webgpuDevice } from "./device.js";
import { requestGpu } from "./gpu/adapter.js";
import { probe } from "./gpu/probe.js";

/**
 * Options: `adapter` (string: `high-performance`, the default, `low-power`, `fallback`, or part of an adapter's name),
 * `kernels` (`gpu` or `cpu`: the family of kernels, by default the adapter's own), `profile` (boolean).
 * @example const device = await backend.open({ adapter: "nvidia" });
 */
export default defineBackend({
  name: "webgpu",
  async open(options = {}) {
    checkOptions("webgpu", options, {
      adapter: "string",
      kernels: "string",
      profile: "boolean",
      maxBindingBytes: "number",
    });
    const { adapter, kernels, profile, maxBindingBytes } = options as {
      adapter?: string;
      kernels?: string;
      profile?: boolean;
      maxBindingBytes?: number;
    };
    if (kernels !== undefined && kernels !== "gpu" && kernels !== "cpu")
      throw new CambiumError("E_BACKEND_OPTION", `there is no family of kernels "${kernels}"`, {
        expected: "gpu or cpu",
      });
    const gpu = await requestGpu(adapter);
    if (profile && !gpu.features.has("timestamp-query")) {
      gpu.device.destroy();
      throw new CambiumError("E_BACKEND_OPTION", `${gpu.adapter.name} has no time stamps to profile with`);
    }
    return webgpuDevice(gpu, {
      ...(kernels !== undefined && { kernels }),
      ...(profile !== undefined && { profile }),
      ...(maxBindingBytes !== undefined && { maxBindingBytes }),
    });
  },
  probe: () => probe(),
});
