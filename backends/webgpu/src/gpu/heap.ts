// The heap: device tensors share a few large buffers, so that a kernel over many tensors binds few of them.
/// <reference types="@webgpu/types" />
import type { Gpu } from "./adapter.js";
import { guarded } from "./errors.js";

/** A stretch of a GPU buffer. */
export interface HeapPart {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
}

interface Page {
  readonly buffer: GPUBuffer;
  /** Free stretches in order of offset; no two are adjacent. */
  free: { offset: number; bytes: number }[];
}

const smallestPage = 2 ** 20;
const largestPage = 2 ** 25;

export class Heap {
  readonly #gpu: Gpu;
  readonly #pages: Page[] = [];
  #bytes = 0;
  #peakBytes = 0;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Bytes of GPU buffers held, free stretches included: now, and the most so far. */
  get held(): { readonly bytes: number; readonly peakBytes: number } {
    return { bytes: this.#bytes, peakBytes: this.#peakBytes };
  }

  /** A buffer of its own. @throws CambiumError `E_OUT_OF_MEMORY` */
  async buffer(bytes: number, label: string): Promise<GPUBuffer> {
    const { device } = this.#gpu;
    const usage =
      GPU_BUFFER_USAGE.STORAGE | GPU_BUFFER_USAGE.UNIFORM | GPU_BUFFER_USAGE.COPY_SRC | GPU_BUFFER_USAGE.COPY_DST;
    const buffer = await guarded(device, `allocate ${bytes} bytes for ${label}`, () =>
      device.createBuffer({ size: bytes, usage, label }),
    );
    this.#bytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytes);
    return buffer;
  }

  release(buffer: GPUBuffer): void {
    this.#bytes -= buffer.size;
    buffer.destroy();
  }

  /** A stretch of `bytes`; it is not cleared. @throws CambiumError `E_OUT_OF_MEMORY` */
  async allocate(bytes: number, label: string): Promise<HeapPart> {
    const rounded = this.#rounded(bytes);
    const roomy = () => this.#pages.find(({ free }) => free.some((stretch) => stretch.bytes >= rounded));
    let page = roomy();
    // While this waits for a new page, another allocation may take the room in it.
    for (; !page; page = roomy()) await this.#grow(rounded, label);
    const at = page.free.findIndex((stretch) => stretch.bytes >= rounded);
    const stretch = page.free[at] as { offset: number; bytes: number };
    if (stretch.bytes === rounded) page.free.splice(at, 1);
    else page.free[at] = { offset: stretch.offset + rounded, bytes: stretch.bytes - rounded };
    return { buffer: page.buffer, offset: stretch.offset, bytes };
  }

  free({ buffer, offset, bytes }: HeapPart): void {
    const page = this.#pages.find((one) => one.buffer === buffer);
    if (!page) return;
    page.free.push({ offset, bytes: this.#rounded(bytes) });
    page.free.sort((a, b) => a.offset - b.offset);
    const joined: { offset: number; bytes: number }[] = [];
    for (const stretch of page.free) {
      const last = joined.at(-1);
      if (last && last.offset + last.bytes === stretch.offset) last.bytes += stretch.bytes;
      else joined.push({ ...stretch });
    }
    page.free = joined;
    if (joined[0]?.bytes !== buffer.size) return;
    this.#pages.splice(this.#pages.indexOf(page), 1);
    this.release(buffer);
  }

  clear(): void {
    for (const { buffer } of this.#pages) this.release(buffer);
    this.#pages.length = 0;
  }

  async #grow(bytes: number, label: string): Promise<void> {
    // Pages grow with the heap: little of a large heap is idle, and a small heap stays small.
    const wanted = Math.min(largestPage, Math.max(smallestPage, 2 ** Math.floor(Math.log2(1 + this.#bytes / 4))));
    const size = Math.min(Math.max(bytes, wanted), this.#gpu.limits.maxBufferSize);
    const buffer = await this.buffer(size, bytes > wanted ? label : "tensors");
    this.#pages.push({ buffer, free: [{ offset: 0, bytes: size }] });
  }

  #rounded(bytes: number): number {
    const alignment = this.#gpu.limits.minStorageBufferOffsetAlignment;
    return Math.max(1, Math.ceil(bytes / alignment)) * alignment;
  }
}

/** `GPUBufferUsage` by value, because Node has no such global. */
export const GPU_BUFFER_USAGE = {
  MAP_READ: 0x0001,
  COPY_SRC: 0x0004,
  COPY_DST: 0x0008,
  UNIFORM: 0x0040,
  STORAGE: 0x0080,
} as const;
