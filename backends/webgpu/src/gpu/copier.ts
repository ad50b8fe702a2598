// Copies on the device. WebGPU copies only between two buffers; a copy within one buffer goes through a third.
/// <reference types="@webgpu/types" />
import { GPU_BUFFER_USAGE, type HeapPart } from "./heap.js";

export class Copier {
  readonly #device: GPUDevice;
  #between: GPUBuffer | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  copy(encoder: GPUCommandEncoder, from: HeapPart, to: HeapPart): void {
    const { bytes } = from;
    if (from.buffer !== to.buffer) {
      encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, bytes);
      return;
    }
    const between = this.#room(bytes);
    encoder.copyBufferToBuffer(from.buffer, from.offset, between, 0, bytes);
    encoder.copyBufferToBuffer(between, 0, to.buffer, to.offset, bytes);
  }

  clear(): void {
    this.#between?.destroy();
    this.#between = undefined;
  }

  #room(bytes: number): GPUBuffer {
    if (this.#between && this.#between.size >= bytes) return this.#between;
    // A smaller one may be in commands that are not yet submitted; it is freed with them.
    const usage = GPU_BUFFER_USAGE.COPY_SRC | GPU_BUFFER_USAGE.COPY_DST;
    this.#between = this.#device.createBuffer({ size: bytes, usage });
    return this.#between;
  }
}
