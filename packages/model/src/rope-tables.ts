// Rotary tables, rounded to f32 where Hugging Face's modeling code rounds.
import { type HostTensor, hostTensor } from "@cambium/ir";

/**
 * Cosines and sines [time, headDim / 2] of every position's angles, as host constants: a device's own `cos` of a large
 * angle need not be accurate.
 * @param frequencies [headDim / 2], radians per position
 */
export function ropeTables(
  frequencies: Float32Array,
  time: number,
): { readonly cos: HostTensor<"f32">; readonly sin: HostTensor<"f32"> } {
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
