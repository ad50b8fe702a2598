// The CPU's instructions, as Linux lists them.
import { readFileSync } from "node:fs";

/** Instructions that multiply bf16: AVX-512's (Zen 4, Cooper Lake) and AMX's (Sapphire Rapids). */
const bf16 = ["avx512_bf16", "amx_bf16"];

/** Whether the CPU multiplies bf16 itself, so that TensorFlow's products of bf16 are faster than those of f32. */
export function multipliesBf16(): boolean {
  const flags = cpuFlags();
  return bf16.some((one) => flags.has(one));
}

/** The names of its instructions; none on other systems. */
export function cpuFlags(): ReadonlySet<string> {
  try {
    const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
    return new Set(line.split(/\s+/));
  } catch {
    return new Set();
  }
}
