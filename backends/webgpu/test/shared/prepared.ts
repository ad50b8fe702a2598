// A node's kernels with buffers and pipelines on a device: no fusion, one buffer for each value.
import { type HostTensor, type Node, numel, type Value } from "@cambium/ir";
import { GPU_BUFFER_USAGE } from "../../src/gpu/heap.js";
import type { Kernel, Triple } from "../../src/wgsl/kernel.js";
import { type Lowered, shaderOf, valuesOf } from "./lowered.js";

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly groups: Triple;
}

export class Prepared {
  readonly #device: GPUDevice;
  readonly #buffers = new Map<number, GPUBuffer>();
  #dispatches: readonly Dispatch[] = [];

  private constructor(device: GPUDevice) {
    this.#device = device;
  }

  static async of(
    device: GPUDevice,
    { kernels }: Lowered,
    node: Node,
    inputs: readonly HostTensor[],
  ): Promise<Prepared> {
    const prepared = new Prepared(device);
    node.inputs.forEach((value, i) => {
      const { data } = inputs[i] as HostTensor;
      device.queue.writeBuffer(prepared.#buffer(value), 0, data as Float32Array<ArrayBuffer>);
    });
    prepared.#dispatches = await Promise.all(kernels.map((kernel) => prepared.#dispatch(kernel)));
    return prepared;
  }

  /** Runs all kernels in order, `times` times. */
  async run(times = 1): Promise<void> {
    const encoder = this.#device.createCommandEncoder();
    for (let i = 0; i < times; i++) {
      for (const { pipeline, group, groups } of this.#dispatches) {
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(...groups);
        pass.end();
      }
    }
    this.#device.queue.submit([encoder.finish()]);
    await this.#device.queue.onSubmittedWorkDone();
  }

  async read(value: Value): Promise<Float32Array> {
    const count = numel(value.type.shape);
    const { COPY_DST, MAP_READ } = GPU_BUFFER_USAGE;
    const staging = this.#device.createBuffer({ size: Math.ceil(count / 4) * 16, usage: COPY_DST | MAP_READ });
    const encoder = this.#device.createCommandEncoder();
    encoder.copyBufferToBuffer(this.#buffer(value), 0, staging, 0, staging.size);
    this.#device.queue.submit([encoder.finish()]);
    await staging.mapAsync(1);
    const data = new Float32Array(staging.getMappedRange().slice(0)).subarray(0, count);
    staging.destroy();
    return data;
  }

  destroy(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
  }

  #buffer(value: Value): GPUBuffer {
    const held = this.#buffers.get(value.id);
    if (held) return held;
    const { STORAGE, COPY_SRC, COPY_DST } = GPU_BUFFER_USAGE;
    const size = Math.max(16, Math.ceil(numel(value.type.shape) / 4) * 16);
    const buffer = this.#device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
    // An element that no kernel writes must not pass for a zero.
    this.#device.queue.writeBuffer(buffer, 0, new Float32Array(buffer.size / 4).fill(Number.NaN));
    this.#buffers.set(value.id, buffer);
    return buffer;
  }

  async #dispatch(kernel: Kernel): Promise<Dispatch> {
    const code = shaderOf(kernel);
    const module = this.#device.createShaderModule({ code });
    const errors = (await module.getCompilationInfo()).messages.filter(({ type }) => type === "error");
    if (errors.length > 0)
      throw new Error(`${kernel.label}: ${errors.map(({ message, lineNum }) => `${lineNum}: ${message}`)}\n${code}`);
    const pipeline = await this.#device.createComputePipelineAsync({ layout: "auto", compute: { module } });
    const entries = valuesOf(kernel).map((value, binding) => ({
      binding,
      resource: { buffer: this.#buffer(value) },
    }));
    const group = this.#device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    return { pipeline, group, groups: kernel.groups };
  }
}
