/// <reference path="./webassembly.d.ts" />
// Loads the WebAssembly of assembly/: normal numbers with SIMD, bit for bit those of `boxMuller`. That holds in engines
// whose Math.log and Math.cos are fdlibm's, as in those that the tests run in; the kernel's are fdlibm's in any engine.
import { kernels } from "./generated/kernels.js";

/** A standard normal number from two 32-bit words (Box and Muller 1958). */
export function boxMuller(a: number, b: number): number {
  const radius = Math.sqrt(-2 * Math.log((a + 0.5) / 0x100000000));
  return radius * Math.cos(2 * Math.PI * (b / 0x100000000));
}

export interface NormalKernel {
  /** The most numbers of one call. */
  readonly capacity: number;
  /** `count` numbers, a multiple of 8, from Philox block `block` on. The next call overwrites them. */
  fill(count: number, block: number, key0: number, key1: number, std: number): Float64Array;
}

interface Exports {
  normals(out: number, blocks: number, first: number, second: number, key0: number, key1: number, std: number): void;
}

/** Numbers that fit into the one page of memory. */
const capacity = 65_536 / 8;

let kernel: NormalKernel | "none" | undefined;

/** Undefined where WebAssembly or its SIMD is missing. */
export function normalKernel(): NormalKernel | undefined {
  kernel ??= load();
  return kernel === "none" ? undefined : kernel;
}

function load(): NormalKernel | "none" {
  try {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const module = new WebAssembly.Module(Uint8Array.from(atob(kernels), (char) => char.charCodeAt(0)));
    // WebAssembly passes u32 as signed numbers.
    const host = { memory, boxMuller: (a: number, b: number) => boxMuller(a >>> 0, b >>> 0) };
    const { normals } = new WebAssembly.Instance(module, { env: host }).exports as unknown as Exports;
    const numbers = new Float64Array(memory.buffer);
    return {
      capacity,
      fill(count, block, key0, key1, std) {
        normals(0, count / 2, block | 0, Math.floor(block / 2 ** 32) | 0, key0, key1, std);
        return numbers.subarray(0, count);
      },
    };
  } catch {
    return "none";
  }
}
