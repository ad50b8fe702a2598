// Growing in width, undone: shares of copies summed where they are read, first copies taken where they are written, the
// stream's scale taken back. What comes out is the base, so that every source column's shares add up to 1.

import { growExactly, randomWeights, type Weights } from "@cambium/growth/conformance";
import { parameterTable } from "@cambium/model";
import { expect, test } from "vitest";
import { copied, small } from "./support.js";

/** t mod n, by axis; the heads of group u of 2 are its own, twice. */
const sources: Record<string, readonly number[]> = {
  hidden: [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3],
  intermediate: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2],
  heads: [0, 1, 0, 1, 2, 3, 2, 3],
};
const target = { hidden: 12, intermediate: 13, heads: 8 };

/** `made` shrunk to its base's sizes, in plain loops: copies of an index read are summed, of one written the first counts. */
function shrink(made: Weights): Weights {
  const copies = (sources["hidden"] ?? []).reduce<number[]>(
    (counts, i) => counts.with(i, (counts[i] ?? 0) + 1),
    Array(8).fill(0),
  );
  const scale = copies.map((c) => Math.sqrt(12 / (8 * c)));
  return Object.fromEntries(
    parameterTable(small()).map(({ name, shape, axes, kind }) => {
      const { type, data } = made[name] as Weights[string];
      const [rows = 1, columns = 1] = shape;
      const wide = type.shape[1] ?? 1;
      const out = new Float64Array(rows * columns);
      const from = (at: number, t: number) => {
        const axis = axes[at];
        const list = axis && sources[axis.axis];
        if (!axis || !list) return { index: t, first: true };
        const [block, within] = [Math.floor(t / axis.unit), t % axis.unit];
        const index = list[block] as number;
        return { index: index * axis.unit + within, first: list.indexOf(index) === block };
      };
      data.forEach((x, i) => {
        const [row, column] = [from(0, Math.floor(i / wide)), from(1, i % wide)];
        const skipped = (at: number, { first }: { first: boolean }) => axes[at]?.role !== "in" && !first;
        if (skipped(0, row) || (axes.length > 1 && skipped(1, column))) return;
        const written = axes.findIndex(({ axis, role }) => axis === "hidden" && role === "out");
        const channel = written === 0 ? row.index : column.index;
        // Norms divide by the scale that writers multiply by.
        const factor =
          kind === "norm" ? (scale[row.index] as number) : written < 0 ? 1 : 1 / (scale[channel] as number);
        const to = row.index * columns + column.index;
        out[to] = (out[to] as number) + factor * x;
      });
      return [name, { type: { dtype: "f32", shape }, data: out }];
    }),
  );
}

test.each(["even", "scalar", "elem", "proj", "paired"])(
  "%s: shrink(grow(x)) = x, in float64 and after a cast to float32",
  async (split) => {
    const plan = copied({ ...target, split });
    const weights = randomWeights(plan.base, "round trip");
    const made = await growExactly(plan, weights);
    const cast = Object.fromEntries(
      Object.entries(made).map(([name, { type, data }]) => [
        name,
        { type, data: Float64Array.from(Float32Array.from(data)) },
      ]),
    );
    const far = (back: Weights) =>
      Math.max(
        ...Object.entries(weights).flatMap(([name, { data }]) =>
          [...data].map((x, i) => Math.abs(x - (back[name]?.data[i] ?? Number.NaN))),
        ),
      );
    expect(far(shrink(made))).toBeLessThan(1e-12);
    // Two copies, each rounded to 24 bits, of weights below 4.
    expect(far(shrink(cast))).toBeLessThan(2 * 4 * 2 ** -24);
  },
);
