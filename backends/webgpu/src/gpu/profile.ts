// Timestamps around every dispatch, and their sums by kind of kernel.
/// <reference types="@webgpu/types" />
import { OpTimes, type ProfileEntry, type TimelineEntry } from "@cambium/backend";
import type { BoundDispatch } from "./bound.js";
import { GPU_BUFFER_USAGE } from "./heap.js";

/** Dispatches of one query set, which holds at most 4,096 stamps. */
const most = 2048;

export class Profiler {
  readonly #device: GPUDevice;
  readonly #times = new OpTimes();
  #last: readonly TimelineEntry[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Encodes the dispatches, each in a pass of its own. Call the result after submitting: it reads the stamps. */
  encode(encoder: GPUCommandEncoder, dispatches: readonly BoundDispatch[]): () => Promise<void> {
    const readers: (() => Promise<BigInt64Array>)[] = [];
    for (let from = 0; from < dispatches.length; from += most)
      readers.push(this.#some(encoder, dispatches.slice(from, from + most)));
    return async () => {
      const stamps = (await Promise.all(readers.map((read) => read()))).flatMap((some) => [...some]);
      const at = (i: number) => Number((stamps[i] as bigint) - (stamps[0] as bigint)) / 1e9;
      this.#last = dispatches.map(({ label, scope }, i) => {
        const seconds = Math.max(0, at(2 * i + 1) - at(2 * i));
        return { name: label, ...(scope !== undefined && { scope }), start: at(2 * i), seconds };
      });
      // The stamps are the adapter's own.
      for (const { name, seconds } of this.#last) this.#times.add(kindOf(name), seconds, "webgpu");
    };
  }

  /** Time by kind of kernel over all runs, slowest first. */
  entries(): ProfileEntry[] {
    return this.#times.entries();
  }

  /** The dispatches of the last run, in order. */
  get last(): readonly TimelineEntry[] {
    return this.#last;
  }

  /** @returns a function that reads the begin and end of each dispatch, nanoseconds */
  #some(encoder: GPUCommandEncoder, dispatches: readonly BoundDispatch[]): () => Promise<BigInt64Array> {
    const device = this.#device;
    const count = 2 * dispatches.length;
    const stamps = device.createQuerySet({ type: "timestamp", count });
    dispatches.forEach((dispatch, i) => {
      const timestampWrites = { querySet: stamps, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
      const pass = encoder.beginComputePass({ timestampWrites });
      pass.setPipeline(dispatch.pipeline);
      pass.setBindGroup(0, dispatch.group);
      pass.dispatchWorkgroups(...dispatch.groups);
      pass.end();
    });
    const size = 8 * count;
    const { COPY_SRC, COPY_DST, MAP_READ } = GPU_BUFFER_USAGE;
    const resolved = device.createBuffer({ size, usage: 0x0200 | COPY_SRC }); // GPUBufferUsage.QUERY_RESOLVE
    const read = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    encoder.resolveQuerySet(stamps, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, read, 0, size);
    return async () => {
      try {
        await read.mapAsync(1);
        return new BigInt64Array(read.getMappedRange().slice(0));
      } finally {
        for (const resource of [stamps, resolved, read]) resource.destroy();
      }
    };
  }
}

/** A label without its sizes. */
function kindOf(label: string): string {
  return label.replace(/\s+(of\s+)?\S*\d.*$/, "");
}
