// What a row engaged, in words.
import type { Row } from "./result.js";

/** Kernels of one run by what ran them, e.g. `cpu 212 · webgpu 8`; empty if not known. */
export function providers({ engaged }: Row): string {
  const counts = Object.entries(engaged.providers ?? {}).sort(([, a], [, b]) => b - a);
  return counts.map(([name, count]) => `${name} ${count}`).join(" · ");
}

/** How it was computed, e.g. `replay: plan`, `fused attention`, `bf16`, `subgroups of 32`. */
export function engagedWords({ engaged: { replay, attention, half, features } }: Row): string[] {
  const words = [...(replay ? [`replay: ${replay}`] : []), ...(attention ? [`${attention} attention`] : [])];
  return [...words, ...half, ...features];
}
