// One node's kernels as its lowering gives them, for any device traits, and their WGSL with nothing fused.
import { type Node, numel, type TensorType, type Value } from "@cambium/ir";
import { expect } from "vitest";
import type { Fusion } from "../../src/compile/fusion.js";
import type { KernelLowering } from "../../src/lower/lowering.js";
import type { DeviceTraits } from "../../src/lower/traits.js";
import type { Kernel } from "../../src/wgsl/kernel.js";
import { kernelModule } from "../../src/wgsl/module.js";

export interface Lowered {
  readonly kernels: readonly Kernel[];
  /** Values made by `LowerContext.temp`. */
  readonly temps: readonly Value[];
}

export function lowered(lowering: KernelLowering, node: Node, traits: DeviceTraits): Lowered {
  const kernels: Kernel[] = [];
  const temps: Value[] = [];
  lowering.lower(node, {
    traits,
    temp: (type: TensorType) => {
      const value = { id: 1_000_000 + temps.length, type };
      temps.push(value);
      return value;
    },
    emit: (kernel) => void kernels.push(kernel),
    emitMany: ({ label }) => {
      throw new Error(`${label} is not a kernel of one node`);
    },
  });
  return { kernels, temps };
}

/** Every kernel's workgroups are within what WebGPU and the device allow. */
export function expectWithinLimits({ kernels }: Lowered, { maxInvocations }: DeviceTraits): void {
  for (const { groups, workgroup } of kernels) {
    expect(Math.max(...groups)).toBeLessThanOrEqual(65_535);
    expect(workgroup[0]).toBeLessThanOrEqual(maxInvocations);
  }
}

/** What the kernel binds, in order. */
export function valuesOf({ reads, writes }: Kernel): readonly Value[] {
  return [...reads, ...writes];
}

const unfused: Fusion = {
  steps: [],
  expression: () => undefined,
  maker: () => undefined,
  home: (value) => value,
  stored: (value) => value,
  leaves: () => [],
  scope: () => undefined,
};

/**
 * The WGSL of a kernel; binding i is the i-th of `valuesOf`. Numbers are spelled out, so that it binds nothing else.
 */
export function shaderOf(kernel: Kernel): string {
  const operands = valuesOf(kernel).map((value) => {
    return { values: [value], writable: kernel.writes.includes(value), parts: [numel(value.type.shape)] };
  });
  const spelled: Kernel = { ...kernel, body: (io) => kernel.body({ ...io, number: (value) => `${value}u` }) };
  return kernelModule(spelled, operands, unfused, { numbers: "uniform" }).wgsl;
}
