// Rotary frequencies and tables, rounded to f32 where Hugging Face's modeling_rope_utils rounds.
import { type HostTensor, hostTensor } from "@cambium/ir";
import type { LlamaConfig } from "./config.js";

const { fround } = Math;

/** Rotary frequencies [headDim / 2], radians per position: theta^(−2i / headDim), then the config's scaling. */
export function inverseFrequencies(config: LlamaConfig): Float32Array {
  const { headDim, ropeTheta, ropeScaling } = config;
  const plain = Float32Array.from(
    { length: headDim / 2 },
    (_, i) => 1 / fround(fround(ropeTheta) ** fround((2 * i) / headDim)),
  );
  if (ropeScaling === null) return plain;
  const { factor } = ropeScaling;
  if (ropeScaling.type === "linear") return plain.map((frequency) => frequency / factor);

  const { lowFreqFactor, highFreqFactor, originalContextLength } = ropeScaling;
  return plain.map((frequency) => {
    const wavelength = fround((2 * Math.PI) / frequency);
    if (wavelength < originalContextLength / highFreqFactor) return frequency;
    if (wavelength > originalContextLength / lowFreqFactor) return frequency / factor;
    const keep = fround(
      fround(fround(originalContextLength / wavelength) - lowFreqFactor) / (highFreqFactor - lowFreqFactor),
    );
    return fround(fround(fround(1 - keep) * frequency) / factor) + fround(keep * frequency);
  });
}

/**
 * Cosines and sines [time, headDim / 2] of every position's angles, as host constants: a device's own `cos` of a large
 * angle need not be accurate.
 */
export function ropeTables(
  config: LlamaConfig,
  time: number,
): { readonly cos: HostTensor<"f32">; readonly sin: HostTensor<"f32"> } {
  const frequencies = inverseFrequencies(config);
  const half = frequencies.length;
  const angles = Float32Array.from(
    { length: time * half },
    (_, i) => Math.floor(i / half) * (frequencies[i % half] as number),
  );
  return {
    cos: hostTensor("f32", [time, half], angles.map(Math.cos)),
    sin: hostTensor("f32", [time, half], angles.map(Math.sin)),
  };
}
