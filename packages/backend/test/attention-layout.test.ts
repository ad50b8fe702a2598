// The layout of attention in blocks, over arrays with a shape: cut and grouped tensors have the elements that a direct
// computation of indices gives.
import type { Shape } from "@cambium/ir";
import fc from "fast-check";
import { expect, test } from "vitest";
import { AttentionLayout, attentionSizes, type Moves } from "../src/index.js";

interface Cells {
  readonly shape: Shape;
  readonly data: readonly number[];
}

/** Element by element, by the definition of each move. */
const moves: Moves<Cells> = {
  reshape: ({ data }, shape) => ({ shape, data }),
  transpose: ({ shape, data }, permutation) => {
    const turned = permutation.map((axis) => shape[axis] as number);
    return filled(turned, (index) => {
      const source = shape.map((_, axis) => index[permutation.indexOf(axis)] as number);
      return data[offset(shape, source)] as number;
    });
  },
  rows: ({ shape, data }, from, to) => {
    const [batch, n, , width] = shape as [number, number, number, number];
    return filled(
      [batch, n, to - from, width],
      ([b = 0, h = 0, i = 0, w = 0]) => data[offset(shape, [b, h, i + from, w])],
    );
  },
};

function offset(shape: Shape, index: readonly number[]): number {
  return shape.reduce((sum, size, axis) => sum * size + (index[axis] as number), 0);
}

function filled(shape: Shape, value: (index: number[]) => number | undefined): Cells {
  const count = shape.reduce((a, b) => a * b, 1);
  const at = (i: number) => {
    const index: number[] = [];
    for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
      index.unshift(rest % (shape[axis] as number));
      rest = Math.floor(rest / (shape[axis] as number));
    }
    return index;
  };
  return { shape, data: Array.from({ length: count }, (_, i) => value(at(i)) as number) };
}

const size = fc.integer({ min: 1, max: 3 });
const sizes = fc.record({
  batch: size,
  kvHeads: size,
  group: size,
  headDim: size,
  context: fc.integer({ min: 1, max: 6 }),
});

test("rows and keys of a block are those of their heads, and grouping has an inverse", () => {
  fc.assert(
    fc.property(sizes, fc.nat(5), fc.nat(5), ({ batch, kvHeads, group, headDim, context }, a, b) => {
      const heads = kvHeads * group;
      const block = { from: Math.min(a, b) % context, to: (Math.max(a, b) % context) + 1 };
      if (block.from >= block.to) return;
      const width = heads * headDim;
      const x: Cells = filled([batch, context, width], (index) => offset([batch, context, width], index));
      const layout = new AttentionLayout(attentionSizes(x.shape, { heads, kvHeads }), [block], moves);
      const byHead = layout.byHead(x, heads);
      expect(layout.sideBySide(byHead, heads)).toEqual(x);

      const rows = block.to - block.from;
      const grouped = layout.rows(byHead, block);
      expect(grouped.shape).toEqual([batch, kvHeads, group * rows, headDim]);
      const want = filled([batch, kvHeads, group * rows, headDim], ([n = 0, kv = 0, row = 0, d = 0]) => {
        const head = kv * group + Math.floor(row / rows);
        return offset(x.shape, [n, block.from + (row % rows), head * headDim + d]);
      });
      expect(grouped.data).toEqual(want.data);
      const apart = layout.apart(grouped, block);
      expect(apart).toEqual(moves.rows(byHead, block.from, block.to));

      const keys = layout.byHead(
        filled([batch, context, kvHeads * headDim], ([, t]) => t),
        kvHeads,
      );
      expect(layout.keys(keys, block).shape).toEqual([batch, kvHeads, block.to, headDim]);
      expect(Math.max(...layout.keys(keys, block).data)).toBe(block.to - 1);
    }),
  );
});
