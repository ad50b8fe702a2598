/// <reference path="./webassembly.d.ts" />
// The WebAssembly of assembly/: normal numbers with SIMD, to the bit those of `boxMuller`. JavaScript's Math.log and
// Math.cos are fdlibm's in the engines that the tests know; where an engine's are not, the kernel's still are.
import { kernels } from "./generated/kernels.js";

/** A standard normal number of two words (Box and Muller 1958). */
export function boxMuller(a: number, b: number): number {
  const radius = Math.sqrt(-2 * Math.log((a + 0.5) / 0x100000000));
  return radius * Math.cos(2 * Math.PI * (b / 0x100000000));
}

export interface NormalKernel {
  /** Numbers made at a time. */
  readonly capacity: number;
  /** `count` numbers, a multiple of 8, from the Philox block `block` on; in storage that the next call writes to. */
  fill(count: number, block: number, key0: number, key1: number, std: number): Float64Array;
}

interface Exports {
  normals(out: number, blocks: number, first: number, second: number, key0: number, key1: number, std: number): void;
}

/** Numbers in the memory's one page. */
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
    // Words come as signed numbers.
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
