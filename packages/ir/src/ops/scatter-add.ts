// scatterAdd: sums rows into a zeroed table by index, repeats included; the gradient of gather.

import { formatType } from "../dtype.js";
import { CambiumError } from "../errors.js";
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn, given } from "../sample.js";
import { numel } from "../shape.js";
import { gather } from "./gather.js";
import { requireIndices } from "./shared/indices.js";

/**
 * `updates` [..lead, ..rest], `indices` i32 [..lead] in [0, rows) → [rows, ..rest]. All rows that share an index are
 * added; a backend must not lose one in a race.
 */
export const scatterAdd = definePrimitive({
  name: "scatterAdd",
  inputs: ["updates", "indices"],
  attrs: ({ rows }: { rows: number }) => ({ rows }),
  infer: ([updates, indices], { rows }) => {
    const lead = indices.shape.length;
    if (indices.dtype !== "i32" || updates.dtype !== "f32") {
      throw new CambiumError("E_DTYPE", "updates must be f32 and indices i32", {
        got: `${formatType(updates)} and ${formatType(indices)}`,
      });
    }
    if (indices.shape.some((n, i) => n !== updates.shape[i])) {
      throw new CambiumError("E_SHAPE", "updates must begin with the axes of indices", {
        got: `${formatType(updates)} and ${formatType(indices)}`,
      });
    }
    return { dtype: updates.dtype, shape: [rows, ...updates.shape.slice(lead)] };
  },
  vjp: ({ inputs: [, indices], grads: [grad] }): Gradients => [grad ? gather(grad, indices) : null, null],
  evaluate: ([updates, indices], { rows }) => {
    requireIndices(indices, rows);
    const width = numel(updates.type.shape.slice(indices.type.shape.length));
    const out = new Float64Array(rows * width);
    indices.data.forEach((row, i) => {
      for (let j = 0; j < width; j++)
        out[row * width + j] = (out[row * width + j] as number) + (updates.data[i * width + j] as number);
    });
    return out;
  },
  flops: ([updates]) => numel(updates.shape),
  accuracy: { terms: ([, indices]) => numel(indices?.shape ?? []) },
  samples: [
    {
      inputs: [drawn("f32", [2, 3, 4]), given("i32", [2, 3], [1, 1, 0, 1, 4, 1])],
      attrs: { rows: 5 },
      note: "repeats",
    },
    { inputs: [drawn("f32", [6]), drawn("i32", [6], [0, 3])], attrs: { rows: 3 } },
    { inputs: [drawn("f32", [64, 8]), drawn("i32", [64], [0, 3])], attrs: { rows: 16 }, note: "many repeats" },
  ],
});
