// What Linux says of the CPU: which instructions it has, and which CPU it is.
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** The instructions that multiply bf16: AVX-512's (Zen 4, Cooper Lake) and AMX's (Sapphire Rapids). */
const bf16 = /\b(avx512_bf16|amx_bf16)\b/;

/** Whether the CPU multiplies bf16 itself, so that TensorFlow's products of bf16 are faster than those of f32. */
export function multipliesBf16(): boolean {
  return bf16.test(cpuFlags());
}

/** Differs between CPUs if code that was compiled for the one may not run on the other. */
export function cpuName(): string {
  const flags = cpuFlags().split(/\s+/).sort().join(" ");
  let hash = 0;
  for (const letter of flags) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return `${cpus()[0]?.model.trim() ?? "unknown"}, instructions ${hash.toString(16)}`;
}

function cpuFlags(): string {
  try {
    return /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}
