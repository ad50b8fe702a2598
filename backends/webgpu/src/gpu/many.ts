// Binds a kernel over many tensors: items whose tensors lie in the same buffers share a dispatch.
import { append, CambiumError, highest, lowest, numel, type Value } from "@cambium/ir";
import { spread, type Triple } from "../wgsl/kernel.js";
import type { ManyItem, ManyKernel } from "../wgsl/many.js";
import { manyModule, recordWords } from "../wgsl/many-module.js";
import type { HeapPart } from "./heap.js";

/** One dispatch of the kernel, ready to be built. */
export interface ManyPart {
  readonly wgsl: string;
  readonly groups: Triple;
  /** Contents of binding 0. */
  readonly table: Uint32Array<ArrayBuffer>;
  /** Bindings 1, 2, … */
  readonly windows: readonly { readonly storage: HeapPart; readonly access: "read" | "read_write" }[];
}

export interface ManyLimits {
  readonly maxBindingBytes: number;
  readonly maxStorageBuffers: number;
}

/** An item, or a run of its chunks. */
interface Placed {
  readonly item: ManyItem;
  readonly storages: readonly HeapPart[];
  /** How many elements of each of its tensors belong to it. */
  readonly size: number;
  readonly firstChunk: number;
}

/** @throws CambiumError `E_LIMIT` if not even the tensors of one chunk can be bound at once */
export function bindMany(kernel: ManyKernel, storageOf: (value: Value) => HeapPart, limits: ManyLimits): ManyPart[] {
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
  shared: readonly HeapPart[],
  limits: ManyLimits,
): ManyPart[] {
  const uses = usesOf(kernel, placed, shared);
  const binding = [separate(uses), joined(uses, limits)].find((one) => one && fits(one, limits));
  if (!binding) return halvesOf(kernel, placed, limits).flatMap((some) => partsOf(kernel, some, shared, limits));
  const { windows, windowOf } = binding;
  const place = (storage: HeapPart, use: number) =>
    (storage.offset - (windows[windowOf[use] as number] as Window).from) / 4;
  const words = recordWords(kernel);
  const records: number[] = [];
  const float = new Float32Array(1);
  for (const { item, storages, size, firstChunk } of placed) {
    float[0] = item.parameter;
    const parameter = new Uint32Array(float.buffer)[0] as number;
    const places = [...storages, ...shared].map(place);
    for (let from = 0, chunk = firstChunk; from < size; from += kernel.chunk, chunk++)
      append(records, [...places, from, Math.min(from + kernel.chunk, size), parameter, chunk]);
  }
  const { groups, linear } = spread(records.length / words);
  const writable = windows.map(({ buffer }) => windows.some((other) => other.buffer === buffer && other.writes));
  return [
    {
      wgsl: manyModule(kernel, { buffers: windowOf, writable }, linear),
      groups,
      table: Uint32Array.from(records),
      windows: windows.map(({ buffer, from, to }, i) => {
        return { storage: { buffer, offset: from, bytes: to - from }, access: writable[i] ? "read_write" : "read" };
      }),
    },
  ];
}

/** Two halves of the items; if there is one item, two halves of its chunks. */
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
    storages.map(({ buffer, offset }): HeapPart => ({ buffer, offset: offset + 4 * from, bytes: 4 * (to - from) }));
  return [
    [{ ...first, storages: part(0, elements), size: elements }],
    [{ ...first, storages: part(elements, size), size: size - elements, firstChunk: firstChunk + chunks }],
  ];
}

/** A stretch of a buffer that is bound as one. */
interface Window {
  readonly buffer: GPUBuffer;
  readonly from: number;
  to: number;
  writes: boolean;
}

/** What a kernel uses under one name: the items' tensors of a role, or a shared value. */
interface Use {
  readonly storages: readonly HeapPart[];
  readonly writes: boolean;
}

interface ManyBinding {
  readonly windows: readonly Window[];
  /** By use: the number of the window that holds it. */
  readonly windowOf: readonly number[];
}

function usesOf(kernel: ManyKernel, placed: readonly Placed[], shared: readonly HeapPart[]): Use[] {
  return [
    ...kernel.writes.map((writes, role) => ({
      storages: placed.map(({ storages }) => storages[role] as HeapPart),
      writes,
    })),
    ...shared.map((storage, i) => ({ storages: [storage], writes: i >= kernel.sharedReads.length })),
  ];
}

/**
 * A window for each use; uses in the same places share one, as results do that overwrite what they are made from. The
 * module is then the same whichever of them share a buffer. Undefined where windows overlap in a buffer that is written,
 * which WebGPU forbids.
 */
function separate(uses: readonly Use[]): ManyBinding | undefined {
  const windows: (Window & { readonly storages: readonly HeapPart[] })[] = [];
  const windowOf = uses.map(({ storages, writes }) => {
    const same = windows.findIndex((window) => inOnePlace(window.storages, storages));
    const known = windows[same];
    if (known) known.writes ||= writes;
    const [{ buffer }] = storages as readonly [HeapPart];
    const from = lowest(storages.map(({ offset }) => offset));
    const to = highest(storages.map(({ offset, bytes }) => offset + bytes));
    return known ? same : windows.push({ buffer, from, to, writes, storages }) - 1;
  });
  const written = new Set(windows.filter(({ writes }) => writes).map(({ buffer }) => buffer));
  const meet = windows.some((a, i) =>
    windows.slice(0, i).some((b) => a.buffer === b.buffer && written.has(a.buffer) && a.from < b.to && b.from < a.to),
  );
  return meet ? undefined : { windows, windowOf };
}

function inOnePlace(a: readonly HeapPart[], b: readonly HeapPart[]): boolean {
  return a.length === b.length && a.every(({ buffer, offset }, i) => buffer === b[i]?.buffer && offset === b[i].offset);
}

/**
 * A few windows that hold all tensors; none is larger than a binding may be, unless a single tensor is. Undefined where the
 * tensors of one use lie in several windows.
 */
function joined(uses: readonly Use[], { maxBindingBytes }: ManyLimits): ManyBinding | undefined {
  const used = uses.flatMap(({ storages, writes }) => storages.map((storage) => ({ storage, writes })));
  const windows: Window[] = [];
  for (const buffer of new Set(used.map(({ storage }) => storage.buffer))) {
    const there = used.filter(({ storage }) => storage.buffer === buffer);
    let last: Window | undefined;
    for (const { storage, writes } of there.sort((a, b) => a.storage.offset - b.storage.offset)) {
      const end = storage.offset + storage.bytes;
      if (!last || end - last.from > maxBindingBytes) {
        last = { buffer, from: storage.offset, to: end, writes: false };
        windows.push(last);
      }
      last.to = Math.max(last.to, end);
      last.writes ||= writes;
    }
  }
  const windowOf = uses.map(({ storages }) =>
    windows.findIndex((window) => storages.every((one) => holds(window, one))),
  );
  return windowOf.includes(-1) ? undefined : { windows, windowOf };
}

function holds({ buffer, from, to }: Window, storage: HeapPart): boolean {
  return buffer === storage.buffer && from <= storage.offset && storage.offset + storage.bytes <= to;
}

/** Whether the windows can be bound beside the table. */
function fits({ windows }: ManyBinding, { maxBindingBytes, maxStorageBuffers }: ManyLimits): boolean {
  return windows.length < maxStorageBuffers && windows.every(({ from, to }) => to - from <= maxBindingBytes);
}
