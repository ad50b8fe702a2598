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
  readonly windows: readonly { readonly storage: Storage; readonly writable: boolean }[];
}

interface Placed {
  readonly item: ManyItem;
  readonly storages: readonly Storage[];
  readonly firstChunk: number;
}

/** @throws CambiumError `E_LIMIT` for a tensor larger than a binding may be */
export function bindMany(
  kernel: ManyKernel,
  storageOf: (value: Value) => Storage,
  limits: { readonly alignment: number; readonly maxBindingBytes: number },
): ManyPart[] {
  const shared = [...kernel.sharedReads, ...kernel.sharedWrites].map(storageOf);
  const groups = new Map<string, Placed[]>();
  const ids = new Map<GPUBuffer, number>();
  let firstChunk = 0;
  for (const item of kernel.items) {
    const storages = item.values.map(storageOf);
    const key = storages.map(({ buffer }) => ids.get(buffer) ?? ids.set(buffer, ids.size).size - 1).join();
    groups.set(key, [...(groups.get(key) ?? []), { item, storages, firstChunk }]);
    firstChunk += Math.ceil(sizeOf(item) / kernel.chunk);
  }
  return [...groups.values()].flatMap((placed) => partsOf(kernel, placed, shared, limits));
}

function partsOf(
  kernel: ManyKernel,
  placed: readonly Placed[],
  shared: readonly Storage[],
  limits: { readonly alignment: number; readonly maxBindingBytes: number },
): ManyPart[] {
  const windows = new Map<GPUBuffer, { from: number; to: number; writable: boolean }>();
  const cover = ({ buffer, offset, bytes }: Storage, written: boolean) => {
    const window = windows.get(buffer) ?? { from: Number.POSITIVE_INFINITY, to: 0, writable: false };
    window.from = Math.min(window.from, Math.floor(offset / limits.alignment) * limits.alignment);
    window.to = Math.max(window.to, offset + bytes);
    window.writable ||= written;
    windows.set(buffer, window);
  };
  for (const { storages } of placed) storages.forEach((storage, role) => cover(storage, kernel.writes[role] as boolean));
  shared.forEach((storage, i) => cover(storage, i >= kernel.sharedReads.length));
  if ([...windows.values()].some(({ from, to }) => to - from > limits.maxBindingBytes)) {
    if (placed.length === 1)
      throw new CambiumError("E_LIMIT", `${kernel.label}: a tensor is larger than the device binds`, {
        expected: `at most ${limits.maxBindingBytes} bytes`,
        got: `${4 * sizeOf((placed[0] as Placed).item)} bytes`,
      });
    const half = placed.length >> 1;
    return [placed.slice(0, half), placed.slice(half)].flatMap((some) => partsOf(kernel, some, shared, limits));
  }
  const buffers = [...windows.keys()];
  const place = ({ buffer, offset }: Storage) => (offset - (windows.get(buffer)?.from as number)) / 4;
  const words = recordWords(kernel);
  const records: number[] = [];
  const float = new Float32Array(1);
  for (const { item, storages, firstChunk } of placed) {
    float[0] = item.parameter;
    const parameter = new Uint32Array(float.buffer)[0] as number;
    const size = sizeOf(item);
    for (let from = 0, chunk = firstChunk; from < size; from += kernel.chunk, chunk++)
      records.push(...[...storages, ...shared].map(place), from, Math.min(from + kernel.chunk, size), parameter, chunk);
  }
  const chunks = records.length / words;
  const { groups, linear } = spread(chunks);
  const first = placed[0] as Placed;
  const binding = {
    buffers: [...first.storages, ...shared].map(({ buffer }) => buffers.indexOf(buffer)),
    writable: buffers.map((buffer) => windows.get(buffer)?.writable as boolean),
  };
  return [
    {
      wgsl: manyModule(kernel, binding, linear, chunks),
      groups,
      table: Uint32Array.from(records),
      windows: buffers.map((buffer, i) => {
        const { from, to } = windows.get(buffer) as { from: number; to: number };
        return { storage: { buffer, offset: from, bytes: to - from }, writable: binding.writable[i] as boolean };
      }),
    },
  ];
}

function sizeOf({ values }: ManyItem): number {
  return numel((values[0] as Value).type.shape);
}
