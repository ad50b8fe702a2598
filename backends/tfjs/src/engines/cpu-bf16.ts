// Whether the CPU multiplies bf16 itself, so that TensorFlow's products of bf16 are faster than those of f32.
import { readFileSync } from "node:fs";

/** Linux's names for the instructions: AVX-512's (Zen 4, Cooper Lake) and AMX's (Sapphire Rapids). */
const instructions = /\b(avx512_bf16|amx_bf16)\b/;

export function multipliesBf16(): boolean {
  try {
    return instructions.test(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return false;
  }
}
