/// <reference path="./webassembly.d.ts" />
// Loads the WebAssembly of assembly/: loops over many numbers with SIMD.
import { kernels } from "./generated/kernels.js";

/** Each call overwrites what the last one returned. */
export interface SimdKernels {
  /** The most numbers of one call. */
  readonly capacity: number;
  /** Adds `factor` times `numbers` to as many numbers of `out`, at most `capacity`. */
  addMultiple(out: Float64Array, numbers: Float64Array, factor: number): void;
  /** `count` numbers, a multiple of 16, from Philox block `block` on. */
  noise(count: number, block: number, key0: number, key1: number, std: number): Float64Array;
  /** The bfloat16 codes of at most `capacity` numbers. */
  toBf16(numbers: Float64Array): Uint16Array;
}

interface Exports {
  addMultiple(out: number, from: number, count: number, factor: number): void;
  noise(out: number, blocks: number, first: number, second: number, key0: number, key1: number, std: number): void;
  toBf16(out: number, from: number, count: number): void;
}

/** Numbers lie on the first page of memory; other numbers or codes on the second. */
const page = 65_536;
const capacity = page / 8;

let loaded: SimdKernels | "none" | undefined;

/** Undefined where WebAssembly or its SIMD is missing. */
export function simdKernels(): SimdKernels | undefined {
  loaded ??= load();
  return loaded === "none" ? undefined : loaded;
}

function load(): SimdKernels | "none" {
  try {
    const memory = new WebAssembly.Memory({ initial: 2 });
    const module = new WebAssembly.Module(Uint8Array.from(atob(kernels), (char) => char.charCodeAt(0)));
    const { addMultiple, noise, toBf16 } = new WebAssembly.Instance(module, { env: { memory } })
      .exports as unknown as Exports;
    const numbers = new Float64Array(memory.buffer, 0, capacity);
    const others = new Float64Array(memory.buffer, page, capacity);
    const codes = new Uint16Array(memory.buffer, page, capacity);
    return {
      capacity,
      addMultiple(out, from, factor) {
        numbers.set(out);
        others.set(from);
        addMultiple(0, page, from.length, factor);
        out.set(numbers.subarray(0, out.length));
      },
      noise(count, block, key0, key1, std) {
        noise(0, count / 4, block | 0, Math.floor(block / 2 ** 32) | 0, key0, key1, std);
        return numbers.subarray(0, count);
      },
      toBf16(from) {
        numbers.set(from);
        toBf16(page, 0, 8 * Math.ceil(from.length / 8));
        return codes.subarray(0, from.length);
      },
    };
  } catch {
    return "none";
  }
}
