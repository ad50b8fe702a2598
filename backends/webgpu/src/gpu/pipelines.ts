// Pipelines by their WGSL: equal kernels, such as those of equal layers, are built once.
/// <reference types="@webgpu/types" />
import { CambiumError } from "@cambium/ir";
import { gpuError } from "./errors.js";

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #built = new Map<string, Promise<GPUComputePipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** How many different ones there are. */
  get count(): number {
    return this.#built.size;
  }

  /** The layout of group 0 whose bindings are written to where `writable` says so. */
  layout(writable: readonly boolean[]): GPUBindGroupLayout {
    const key = writable.map(Number).join("");
    const known = this.#layouts.get(key);
    if (known) return known;
    const layout = this.#device.createBindGroupLayout({
      entries: writable.map((written, binding) => ({
        binding,
        visibility: 4, // GPUShaderStage.COMPUTE; the global is not there in Node.
        buffer: { type: written ? "storage" : "read-only-storage" },
      })),
    });
    this.#layouts.set(key, layout);
    return layout;
  }

  /** @throws CambiumError `E_DRIVER` when the driver cannot build it */
  get(wgsl: string, writable: readonly boolean[], label: string): Promise<GPUComputePipeline> {
    const known = this.#built.get(wgsl);
    if (known) return known;
    const built = this.#build(wgsl, writable, label);
    this.#built.set(wgsl, built);
    built.catch(() => this.#built.delete(wgsl));
    return built;
  }

  async #build(wgsl: string, writable: readonly boolean[], label: string): Promise<GPUComputePipeline> {
    const device = this.#device;
    try {
      return await device.createComputePipelineAsync({
        label,
        layout: device.createPipelineLayout({ bindGroupLayouts: [this.layout(writable)] }),
        compute: { module: device.createShaderModule({ code: wgsl, label }), entryPoint: "main" },
      });
    } catch (error) {
      throw error instanceof CambiumError ? error : gpuError(error as Error, `kernel "${label}"\n${wgsl}`);
    }
  }
}
