// Rotary tables, rounded to f32 where Hugging Face's modeling code rounds.
import { CambiumError, type HostTensor, hostTensor } from "@cambium/ir";

/** The most cosines that a table may hold: a million positions with heads of 128. */
const mostEntries = 2 ** 26;

/**
 * Cosines and sines [context, headDim / 2] of every position's angles, computed on the host, because a device's `cos`
 * of a large angle may be inaccurate.
 * @param frequencies [headDim / 2], radians per position.
 * @throws CambiumError `E_CONTEXT` if the tables would have more than `mostEntries`.
 */
export function ropeTables(
  frequencies: Float32Array,
  context: number,
): { readonly cos: HostTensor<"f32">; readonly sin: HostTensor<"f32"> } {
  const half = frequencies.length;
  if (context * half > mostEntries) {
    throw new CambiumError("E_CONTEXT", "the sequence is longer than can be computed", {
      expected: `at most ${Math.floor(mostEntries / half)} tokens with heads of ${2 * half}`,
      got: `${context} tokens`,
      hint: "a shorter sequence",
    });
  }
  const cos = new Float32Array(context * half);
  const sin = new Float32Array(context * half);
  for (let position = 0, at = 0; position < context; position++) {
    for (const frequency of frequencies) {
      const angle = Math.fround(position * frequency);
      cos[at] = Math.cos(angle);
      sin[at] = Math.sin(angle);
      at += 1;
    }
  }
  return { cos: hostTensor("f32", [context, half], cos), sin: hostTensor("f32", [context, half], sin) };
}
