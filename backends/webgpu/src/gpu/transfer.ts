// Transfers between host and device: the device holds every element in a word of four bytes, f16 in half of one, and reads
// back through a pool.
/// <reference types="@webgpu/types" />
import { allocate, type HostTensor, numel, type TensorType } from "@cambium/ir";
import { GPU_BUFFER_USAGE, type Storage } from "./heap.js";

/** The tensor's elements as the device holds them: a bool is 0 or 1 in a word; an odd count of f16 is filled up to one. */
export function toDevice({ dtype, data }: HostTensor): ArrayBufferView<ArrayBuffer> {
  if (dtype === "bool") return Uint32Array.from(data, (x) => (x === 0 ? 0 : 1));
  if (dtype !== "f16" || data.length % 2 === 0) return data as ArrayBufferView<ArrayBuffer>;
  const words = new Uint16Array(data.length + 1);
  words.set(data);
  return words;
}

export function fromDevice({ dtype, shape }: TensorType, bytes: ArrayBuffer, offset: number): HostTensor {
  const length = numel(shape);
  const words: Record<"f32" | "i32" | "bool" | "f16", () => ArrayLike<number>> = {
    f32: () => new Float32Array(bytes, offset, length),
    i32: () => new Int32Array(bytes, offset, length),
    bool: () => new Uint32Array(bytes, offset, length),
    f16: () => new Uint16Array(bytes, offset, length),
  };
  const data = allocate(dtype, length);
  data.set(words[dtype as keyof typeof words]());
  return { dtype, shape, data } as HostTensor;
}

/** What to read: a stretch of device memory that holds a tensor. */
export interface Reading {
  readonly type: TensorType;
  readonly storage: Storage;
}

/** Copies on the device. WebGPU copies between two buffers only; within one the way leads through a third. */
export class Copier {
  readonly #device: GPUDevice;
  #between: GPUBuffer | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  copy(encoder: GPUCommandEncoder, from: Storage, to: Storage): void {
    const { bytes } = from;
    if (from.buffer !== to.buffer) encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, bytes);
    else {
      if (!this.#between || this.#between.size < bytes) {
        // The old one may be in commands not yet submitted; it goes with them.
        const usage = GPU_BUFFER_USAGE.COPY_SRC | GPU_BUFFER_USAGE.COPY_DST;
        this.#between = this.#device.createBuffer({ size: bytes, usage });
      }
      encoder.copyBufferToBuffer(from.buffer, from.offset, this.#between, 0, bytes);
      encoder.copyBufferToBuffer(this.#between, 0, to.buffer, to.offset, bytes);
    }
  }

  clear(): void {
    this.#between?.destroy();
    this.#between = undefined;
  }
}

/** Readings under way at once, at most. */
const ring = 4;

/** A ring of buffers that the host can map: what one reading used, the next ones use again. */
export class Readback {
  readonly #device: GPUDevice;
  readonly #idle: GPUBuffer[] = [];
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /**
   * Appends copies to `encoder`; call the result after submitting, to wait for the work and to get the tensors. Where the
   * ring is full this waits for one of the readings in it, which keeps a host that is ahead from piling up work.
   * @throws from mapping, when the device is lost
   */
  async copy(encoder: GPUCommandEncoder, readings: readonly Reading[]): Promise<() => Promise<HostTensor[]>> {
    while (this.#underWay.size >= ring) await Promise.race(this.#underWay);
    const sizes = readings.map(({ storage }) => Math.ceil(storage.bytes / 8) * 8);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const buffer = this.#take(Math.max(total, 8));
    let offset = 0;
    const offsets = readings.map(({ storage }, i) => {
      const at = offset;
      encoder.copyBufferToBuffer(storage.buffer, storage.offset, buffer, at, storage.bytes);
      offset += sizes[i] as number;
      return at;
    });
    const read = async () => {
      try {
        await buffer.mapAsync(1, 0, Math.max(total, 8)); // GPUMapMode.READ
        const bytes = buffer.getMappedRange(0, Math.max(total, 8));
        return readings.map(({ type }, i) => fromDevice(type, bytes, offsets[i] as number));
      } finally {
        if (buffer.mapState === "mapped") {
          buffer.unmap();
          this.#idle.push(buffer);
        } else buffer.destroy();
      }
    };
    return () => {
      const reading = read();
      const over: Promise<unknown> = reading.then(
        () => this.#underWay.delete(over),
        () => this.#underWay.delete(over),
      );
      this.#underWay.add(over);
      return reading;
    };
  }

  clear(): void {
    for (const buffer of this.#idle.splice(0)) buffer.destroy();
  }

  #take(bytes: number): GPUBuffer {
    const at = this.#idle.findIndex(({ size }) => size >= bytes && size <= 4 * Math.max(bytes, 4096));
    if (at >= 0) return this.#idle.splice(at, 1)[0] as GPUBuffer;
    for (const old of this.#idle.splice(ring)) old.destroy();
    return this.#device.createBuffer({ size: bytes, usage: GPU_BUFFER_USAGE.MAP_READ | GPU_BUFFER_USAGE.COPY_DST });
  }
}
