// Reading back from the device, through a ring of buffers that the host can map.
/// <reference types="@webgpu/types" />
import type { HostTensor, TensorType } from "@cambium/ir";
import { fromDevice } from "./elements.js";
import { GPU_BUFFER_USAGE, type HeapPart } from "./heap.js";

/** What to read: a stretch of device memory that holds a tensor. */
export interface Reading {
  readonly type: TensorType;
  readonly storage: HeapPart;
}

/** Most readings that are under way at once. */
const ring = 4;

/** Buffers of finished readings are reused. */
export class Readback {
  readonly #device: GPUDevice;
  readonly #idle: GPUBuffer[] = [];
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /**
   * Appends copies to `encoder`. Call the result after submitting: it waits for the work and returns the tensors. If
   * the ring is full, this first waits for a reading to end, so that a host that runs ahead does not pile up work.
   * @throws from mapping, when the device is lost
   */
  async copy(encoder: GPUCommandEncoder, readings: readonly Reading[]): Promise<() => Promise<HostTensor[]>> {
    while (this.#underWay.size >= ring) await Promise.race(this.#underWay);
    const sizes = readings.map(({ storage }) => Math.ceil(storage.bytes / 8) * 8);
    const total = Math.max(
      8,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    const buffer = this.#take(total);
    let offset = 0;
    const offsets = readings.map(({ storage }, i) => {
      const at = offset;
      encoder.copyBufferToBuffer(storage.buffer, storage.offset, buffer, at, storage.bytes);
      offset += sizes[i] as number;
      return at;
    });
    return () => {
      const reading = this.#read(buffer, total, readings, offsets);
      const done = () => void this.#underWay.delete(over);
      const over: Promise<unknown> = reading.then(done, done);
      this.#underWay.add(over);
      return reading;
    };
  }

  clear(): void {
    for (const buffer of this.#idle.splice(0)) buffer.destroy();
  }

  async #read(
    buffer: GPUBuffer,
    total: number,
    readings: readonly Reading[],
    offsets: readonly number[],
  ): Promise<HostTensor[]> {
    try {
      await buffer.mapAsync(1, 0, total); // GPUMapMode.READ
      const bytes = buffer.getMappedRange(0, total);
      return readings.map(({ type }, i) => fromDevice(type, bytes, offsets[i] as number));
    } finally {
      if (buffer.mapState === "mapped") {
        buffer.unmap();
        this.#idle.push(buffer);
      } else buffer.destroy();
    }
  }

  #take(bytes: number): GPUBuffer {
    const at = this.#idle.findIndex(({ size }) => size >= bytes && size <= 4 * Math.max(bytes, 4096));
    if (at >= 0) return this.#idle.splice(at, 1)[0] as GPUBuffer;
    for (const old of this.#idle.splice(ring)) old.destroy();
    return this.#device.createBuffer({ size: bytes, usage: GPU_BUFFER_USAGE.MAP_READ | GPU_BUFFER_USAGE.COPY_DST });
  }
}
