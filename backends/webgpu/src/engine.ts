// The engine: everything of an open GPU that its programs share.

import type { Gpu } from "./gpu/adapter.js";
import { Copier } from "./gpu/copier.js";
import { type FaultWatch, watchFaults } from "./gpu/errors.js";
import { Heap } from "./gpu/heap.js";
import { Pipelines } from "./gpu/pipelines.js";
import { Readback } from "./gpu/readback.js";
import type { DeviceTraits } from "./lower/traits.js";
import type { DeviceOptions } from "./options.js";

export interface Engine {
  readonly gpu: Gpu;
  readonly traits: DeviceTraits;
  readonly heap: Heap;
  readonly pipelines: Pipelines;
  readonly readback: Readback;
  readonly copier: Copier;
  readonly faults: FaultWatch;
  /** Whether programs record the time of each kernel. */
  readonly profile: boolean;
  /** Whether kernels are chosen by measurement. */
  readonly tuned: boolean;
}

export function engineOf(gpu: Gpu, traits: DeviceTraits, { profile = false, tune = false }: DeviceOptions): Engine {
  const { device, adapter } = gpu;
  return {
    gpu,
    traits,
    heap: new Heap(gpu),
    pipelines: new Pipelines(device),
    readback: new Readback(device),
    copier: new Copier(device),
    faults: watchFaults(device, adapter.name),
    profile,
    tuned: tune,
  };
}

/** Frees all memory and destroys the device, which lets the process end. */
export function closeEngine({ gpu, heap, readback, copier }: Engine): void {
  heap.clear();
  readback.clear();
  copier.clear();
  gpu.device.destroy();
}
