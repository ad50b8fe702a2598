// Binds a kernel over many tensors: items whose tensors lie in the same buffers share a dispatch.
import { CambiumError, numel, type Value } from "@cambium/ir";
import { type ManyItem, type ManyKernel, spread, type Triple } from "../compile/kernel.js";
import { manyModule, recordWords } from "../wgsl/many-module.js";
import type { Storage } from "./heap.js";

/** One dispatch of the kernel, ready to be built. */
export interface ManyPart {
  readonly wgsl: string;
  readonly groups: Triple;
  /** Contents of binding 0. */
  readonly table: Uint32Array<ArrayBuffer>;
  /** Bindings 1, 2, … */
  readonly windows: readonly { readonly storage: Storage; readonly access: "read" | "read_write" }[];
}

export interface ManyLimits {
  readonly maxBindingBytes: number;
  readonly maxStorageBuffers: number;
}

/** An item, or a run of its chunks. */
interface Placed {
  readonly item: ManyItem;
  readonly storages: readonly Storage[];
  /** Elements of each of its tensors that are meant. */
  readonly size: number;
  readonly firstChunk: number;
}

/** @throws CambiumError `E_LIMIT` where not even one chunk's tensors can be bound at once */
export function bindMany(kernel: ManyKernel, storageOf: (value: Value) => Storage, limits: ManyLimits): ManyPart[] {
  const shared = [...kernel.sharedReads, ...kernel.sharedWrites].map(storageOf);
  const groups = new Map<string, Placed[]>();
  const ids = new Map<GPUBuffer, number>();
  let firstChunk = 0;
  for (const item of kernel.items) {
    const storages = item.values.map(storageOf);
    const key = storages.map(({ buffer }) => ids.get(buffer) ?? ids.set(buffer, ids.size).size - 1).join();
    const size = numel((item.values[0] as Value).type.shape);
    groups.set(key, [...(groups.get(key) ?? []), { item, storages, size, firstChunk }]);
    firstChunk += Math.ceil(size / kernel.chunk);
  }
  return [...groups.values()].flatMap((placed) => partsOf(kernel, placed, shared, limits));
}

function partsOf(
  kernel: ManyKernel,
  placed: readonly Placed[],
  shared: readonly Storage[],
  limits: ManyLimits,
): ManyPart[] {
  const windows = windowsOf(kernel, placed, shared, limits);
  const fits = windows.every(({ from, to }) => to - from <= limits.maxBindingBytes);
  // One binding is the table's.
  if (!fits || windows.length + 1 > limits.maxStorageBuffers || !alike(placed, windows))
    return halvesOf(kernel, placed, limits).flatMap((some) => partsOf(kernel, some, shared, limits));
  const windowOf = (storage: Storage) => windows.findIndex((window) => holds(window, storage));
  const place = (storage: Storage) => (storage.offset - (windows[windowOf(storage)] as Window).from) / 4;
  const words = recordWords(kernel);
  const records: number[] = [];
  const float = new Float32Array(1);
  const sharedPlaces = shared.map(place);
  for (const { item, storages, size, firstChunk } of placed) {
    float[0] = item.parameter;
    const parameter = new Uint32Array(float.buffer)[0] as number;
    const places = [...storages.map(place), ...sharedPlaces];
    for (let from = 0, chunk = firstChunk; from < size; from += kernel.chunk, chunk++)
      records.push(...places, from, Math.min(from + kernel.chunk, size), parameter, chunk);
  }
  const chunks = records.length / words;
  const { groups, linear } = spread(chunks);
  const first = placed[0] as Placed;
  const binding = {
    buffers: [...first.storages, ...shared].map(windowOf),
    writable: windows.map(({ buffer }) => windows.some((other) => other.buffer === buffer && other.writable)),
  };
  return [
    {
      wgsl: manyModule(kernel, binding, linear, chunks),
      groups,
      table: Uint32Array.from(records),
      windows: windows.map(({ buffer, from, to }, i) => {
        return {
          storage: { buffer, offset: from, bytes: to - from },
          access: binding.writable[i] ? "read_write" : "read",
        };
      }),
    },
  ];
}

/** Half of the items each; of one item, half of its chunks. */
function halvesOf({ label, chunk }: ManyKernel, placed: readonly Placed[], limits: ManyLimits): readonly Placed[][] {
  const [first, ...others] = placed as readonly [Placed, ...Placed[]];
  if (others.length > 0) {
    const half = placed.length >> 1;
    return [placed.slice(0, half), placed.slice(half)];
  }
  const { size, storages, firstChunk } = first;
  const chunks = Math.ceil(size / chunk) >> 1;
  if (chunks === 0)
    throw new CambiumError("E_LIMIT", `${label}: the device cannot bind the tensors of one chunk at once`, {
      expected: `at most ${limits.maxBindingBytes} bytes in each of ${limits.maxStorageBuffers} bindings`,
      got: `${storages.length} tensors of ${4 * size} bytes`,
    });
  const elements = chunks * chunk;
  const part = (from: number, to: number) =>
    storages.map(({ buffer, offset }): Storage => ({ buffer, offset: offset + 4 * from, bytes: 4 * (to - from) }));
  return [
    [{ ...first, storages: part(0, elements), size: elements }],
    [
      {
        ...first,
        ...{ storages: part(elements, size), size: size - elements, firstChunk: firstChunk + chunks },
      },
    ],
  ];
}

/** A stretch of a buffer that is bound as one. */
interface Window {
  readonly buffer: GPUBuffer;
  readonly from: number;
  to: number;
  writable: boolean;
}

function holds({ buffer, from, to }: Window, storage: Storage): boolean {
  return buffer === storage.buffer && from <= storage.offset && storage.offset + storage.bytes <= to;
}

/** Few windows that hold all tensors, none larger than a binding may be unless one tensor is. */
function windowsOf(
  kernel: ManyKernel,
  placed: readonly Placed[],
  shared: readonly Storage[],
  { maxBindingBytes }: ManyLimits,
): Window[] {
  const used = [
    ...placed.flatMap(({ storages }) => storages.map((storage, role) => ({ storage, writes: kernel.writes[role] }))),
    ...shared.map((storage, i) => ({ storage, writes: i >= kernel.sharedReads.length })),
  ];
  const windows: Window[] = [];
  for (const buffer of new Set(used.map(({ storage }) => storage.buffer))) {
    const there = used.filter(({ storage }) => storage.buffer === buffer);
    let last: Window | undefined;
    for (const { storage, writes } of there.sort((a, b) => a.storage.offset - b.storage.offset)) {
      const end = storage.offset + storage.bytes;
      if (!last || end - last.from > maxBindingBytes) {
        last = { buffer, from: storage.offset, to: end, writable: false };
        windows.push(last);
      }
      last.to = Math.max(last.to, end);
      last.writable ||= writes === true;
    }
  }
  return windows;
}

/** Whether each role's tensors lie in one window. */
function alike(placed: readonly Placed[], windows: readonly Window[]): boolean {
  const first = placed[0] as Placed;
  return first.storages.every((storage, role) => {
    const window = windows.find((one) => holds(one, storage));
    return window !== undefined && placed.every(({ storages }) => holds(window, storages[role] as Storage));
  });
}
