// Sums of tensors with factors.
import type { Value } from "./value.js";

/** Σ factor · value. As moments: of independent gradients, so that second moments add without their cross terms. */
export function combine(shape: readonly number[], values: readonly Value[], factors: readonly number[]): Value {
  const [first, ...rest] = values as readonly [Value, ...Value[]];
  // Adding 0 turns a sum that is −0 into 0; a single term keeps its sign, as a factor on a stored tensor does.
  const nothing = rest.length === 0 ? -0 : 0;
  return {
    shape,
    rows: async (start, end) => {
      const out = await first.rows(start, end);
      const factor = factors[0] as number;
      for (let i = 0; i < out.length; i++) out[i] = nothing + factor * (out[i] as number);
      for (const [k, value] of rest.entries()) {
        const by = factors[k + 1] as number;
        if (value.addTo) await value.addTo(out, by, start, end);
        else {
          const rows = await (value.lent ?? value.rows)(start, end);
          for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + by * (rows[i] as number);
        }
      }
      return out;
    },
  };
}
