// Rotary frequencies, rounded to f32 where Hugging Face's modeling_rope_utils rounds.
import type { DecoderConfig } from "./config.js";

const { fround } = Math;

/** Rotary frequencies [headDim / 2], radians per position: theta^(−2i / headDim), then the config's scaling. */
export function inverseFrequencies(config: DecoderConfig): Float32Array {
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
