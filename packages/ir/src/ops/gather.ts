// gather: picks rows of a table by index, as an embedding lookup does.

import { formatType } from "../dtype.js";
import { CambiumError } from "../errors.js";
import type { Gradients } from "../graph.js";
import { definePrimitive } from "../op.js";
import { drawn, given } from "../sample.js";
import { scatterAdd } from "./scatter-add.js";
import { requireIndices } from "./shared/indices.js";

/**
 * `table` [rows, ..rest], `indices` i32 [..lead] in [0, rows) → [..lead, ..rest].
 * @throws CambiumError `E_SHAPE` for a scalar table, `E_DTYPE` for indices that are not i32.
 */
export const gather = definePrimitive({
  name: "gather",
  inputs: ["table", "indices"],
  infer: ([table, indices]) => {
    if (indices.dtype !== "i32") throw new CambiumError("E_DTYPE", "indices must be i32", { got: formatType(indices) });
    if (table.shape.length === 0)
      throw new CambiumError("E_SHAPE", "the table needs an axis", { got: formatType(table) });
    return { dtype: table.dtype, shape: [...indices.shape, ...table.shape.slice(1)] };
  },
  vjp: ({ inputs: [table, indices], grads: [grad] }): Gradients => [
    grad ? scatterAdd(grad, indices, { rows: table.shape[0] as number }) : null,
    null,
  ],
  evaluate: ([table, indices]) => {
    const rows = table.type.shape[0] as number;
    requireIndices(indices, rows);
    const width = table.data.length / rows;
    const out = new Float64Array(indices.data.length * width);
    indices.data.forEach((row, i) => out.set(table.data.subarray(row * width, (row + 1) * width), i * width));
    return out;
  },
  flops: () => 0,
  samples: [
    { inputs: [drawn("f32", [5, 3]), given("i32", [2, 2], [4, 0, 4, 2])] },
    { inputs: [drawn("f32", [6]), drawn("i32", [4], [0, 6])] },
    { inputs: [drawn("f32", [7, 2, 2]), drawn("i32", [], [0, 7])] },
    { inputs: [drawn("i32", [4, 2]), drawn("i32", [3])] },
  ],
});
