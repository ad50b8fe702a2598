// Pipelines by their WGSL: equal kernels, such as those of equal layers, are built once.
/// <reference types="@webgpu/types" />
import { CambiumError } from "@cambium/ir";
import type { Access } from "../compile/binding.js";
import { gpuError } from "./errors.js";

const bufferTypes: Readonly<Record<Access, GPUBufferBindingType>> = {
  read: "read-only-storage",
  read_write: "storage",
  uniform: "uniform",
};

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #built = new Map<string, Promise<GPUComputePipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** The number of different pipelines. */
  get count(): number {
    return this.#built.size;
  }

  /** The layout of group 0 with these accesses, binding by binding. */
  layout(accesses: readonly Access[]): GPUBindGroupLayout {
    const key = accesses.join();
    const known = this.#layouts.get(key);
    if (known) return known;
    const layout = this.#device.createBindGroupLayout({
      entries: accesses.map((access, binding) => ({
        binding,
        visibility: 4, // GPUShaderStage.COMPUTE; Node has no such global.
        buffer: { type: bufferTypes[access] },
      })),
    });
    this.#layouts.set(key, layout);
    return layout;
  }

  /** @throws CambiumError `E_DRIVER` when the driver cannot build it */
  get(wgsl: string, accesses: readonly Access[], label: string): Promise<GPUComputePipeline> {
    const known = this.#built.get(wgsl);
    if (known) return known;
    const built = this.#build(wgsl, accesses, label);
    this.#built.set(wgsl, built);
    built.catch(() => this.#built.delete(wgsl));
    return built;
  }

  async #build(wgsl: string, accesses: readonly Access[], label: string): Promise<GPUComputePipeline> {
    const device = this.#device;
    try {
      return await device.createComputePipelineAsync({
        label,
        layout: device.createPipelineLayout({ bindGroupLayouts: [this.layout(accesses)] }),
        compute: { module: device.createShaderModule({ code: wgsl, label }), entryPoint: "main" },
      });
    } catch (error) {
      throw error instanceof CambiumError ? error : gpuError(error as Error, `kernel "${label}"\n${wgsl}`);
    }
  }
}
