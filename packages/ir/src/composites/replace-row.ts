// replaceRow: one row of each matrix of a stack replaced, at a position known when it runs: what a key/value cache does.
import { formatType } from "../dtype.js";
import { CambiumError } from "../errors.js";
import { defineComposite } from "../op.js";
import { equal } from "../ops/equal.js";
import { iota } from "../ops/iota.js";
import { reshape } from "../ops/reshape.js";
import { select } from "../ops/select.js";
import { drawn } from "../sample.js";

/**
 * `x` f32 [.., rows, width], `row` f32 [.., 1, width], `position` i32 [], from 0 to below rows → `x` with `row` at
 * `position`. Where an output replaces `x`, a backend may write the row alone.
 */
export const replaceRow = defineComposite({
  name: "replaceRow",
  inputs: ["x", "row", "position"],
  infer: ([x, row, position]) => {
    const shape = [...x.shape.slice(0, -2), 1, ...x.shape.slice(-1)];
    const fits = x.shape.length >= 2 && row.shape.join() === shape.join() && position.shape.length === 0;
    if (fits && x.dtype === "f32" && row.dtype === "f32" && position.dtype === "i32") return x;
    throw new CambiumError("E_SHAPE", "the row does not fit", {
      expected: "x: f32[.., rows, width], row: f32[.., 1, width], position: i32[]",
      got: [x, row, position].map(formatType).join(", "),
    });
  },
  decompose: ([x, row, position]) => {
    const rows = x.shape.at(-2) as number;
    const here = equal(iota(x.builder, { shape: [rows], axis: 0 }), position);
    return select(reshape(here, { shape: [rows, 1] }), row, x);
  },
  samples: [
    { inputs: [drawn("f32", [2, 3, 4, 5]), drawn("f32", [2, 3, 1, 5]), drawn("i32", [])], gradient: [0, 1] },
    { inputs: [drawn("f32", [4, 2]), drawn("f32", [1, 2]), drawn("i32", [])], gradient: [0, 1] },
  ],
});
