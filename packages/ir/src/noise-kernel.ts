/// <reference path="./webassembly.d.ts" />
// Loads the WebAssembly of assembly/: noise with SIMD.
import { kernels } from "./generated/kernels.js";

export interface NoiseKernel {
  /** The most numbers of one call. */
  readonly capacity: number;
  /** `count` numbers, a multiple of 16, from Philox block `block` on. The next call overwrites them. */
  fill(count: number, block: number, key0: number, key1: number, std: number): Float64Array;
}

interface Exports {
  noise(out: number, blocks: number, first: number, second: number, key0: number, key1: number, std: number): void;
}

/** Numbers that fit into the one page of memory. */
const capacity = 65_536 / 8;

let kernel: NoiseKernel | "none" | undefined;

/** Undefined where WebAssembly or its SIMD is missing. */
export function noiseKernel(): NoiseKernel | undefined {
  kernel ??= load();
  return kernel === "none" ? undefined : kernel;
}

function load(): NoiseKernel | "none" {
  try {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const module = new WebAssembly.Module(Uint8Array.from(atob(kernels), (char) => char.charCodeAt(0)));
    const { noise } = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
    const numbers = new Float64Array(memory.buffer);
    return {
      capacity,
      fill(count, block, key0, key1, std) {
        noise(0, count / 4, block | 0, Math.floor(block / 2 ** 32) | 0, key0, key1, std);
        return numbers.subarray(0, count);
      },
    };
  } catch {
    return "none";
  }
}
