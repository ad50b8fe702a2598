// Adds a multiple of some numbers to others, with SIMD where there are many.
import { simdKernels } from "./simd.js";

/** From how many numbers on the kernel is faster, which has to copy them. */
const MANY = 128;

/** Adds `factor` times the `count` numbers of `numbers` from index `from` on to those of `out` from index `at` on. */
export function addMultiple(
  out: Float64Array,
  at: number,
  numbers: Float64Array,
  from: number,
  count: number,
  factor: number,
): void {
  const kernels = count < MANY ? undefined : simdKernels();
  if (!kernels) {
    for (let i = 0; i < count; i++) out[at + i] = (out[at + i] as number) + factor * (numbers[from + i] as number);
    return;
  }
  for (let done = 0; done < count; done += kernels.capacity) {
    const end = Math.min(done + kernels.capacity, count);
    kernels.addMultiple(out.subarray(at + done, at + end), numbers.subarray(from + done, from + end), factor);
  }
}
