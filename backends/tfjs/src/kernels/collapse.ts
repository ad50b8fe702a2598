// Merges neighbouring axes that an op treats alike: the result is the same, no engine's limit on ranks is reached, and
// fast paths for few axes apply.
import { broadcastShapes, type Shape } from "@cambium/ir";

/** The operands of a broadcasting op, with as few axes as the way they are stretched allows. */
export function collapseBroadcast(shapes: readonly Shape[]): { readonly shapes: Shape[]; readonly out: Shape } {
  const out = shapes.reduce(broadcastShapes);
  const padded = shapes.map((shape) => [...new Array<number>(out.length - shape.length).fill(1), ...shape]);
  const groups = runs(
    out.length,
    (i) => padded.map((shape) => (shape[i] === out[i] ? "whole" : "one")).join(),
    (i) => out[i] !== 1,
  );
  return { shapes: padded.map((shape) => products(shape, groups)), out: products(out, groups) };
}

/** `shape` with neighbouring axes merged if both are reduced or both kept, and which of the new axes are reduced. */
export function collapseReduction(
  shape: Shape,
  axes: ReadonlySet<number>,
): { readonly shape: Shape; readonly axes: number[] } {
  const groups = runs(
    shape.length,
    (i) => String(axes.has(i)),
    (i) => shape[i] !== 1,
  );
  return {
    shape: products(shape, groups),
    axes: groups.flatMap((group, i) => (axes.has(group[0] as number) ? [i] : [])),
  };
}

/** A permutation without the axes of size 1, and with axes merged that stay neighbours in the same order. */
export function collapseTranspose(
  shape: Shape,
  permutation: readonly number[],
): { readonly shape: Shape; readonly permutation: number[] } {
  const order = permutation.filter((axis) => shape[axis] !== 1);
  const groups: number[][] = [];
  const real = shape.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  for (const axis of order) {
    const previous = groups.at(-1);
    if (previous && real.indexOf(axis) === real.indexOf(previous.at(-1) as number) + 1) previous.push(axis);
    else groups.push([axis]);
  }
  const sorted = groups.toSorted((a, b) => (a[0] as number) - (b[0] as number));
  return { shape: products(shape, sorted), permutation: groups.map((group) => sorted.indexOf(group)) };
}

/** Axes in groups of neighbours with the same key. Axes that make no difference are left out. */
function runs(rank: number, key: (axis: number) => string, matters: (axis: number) => boolean): number[][] {
  const groups: { key: string; axes: number[] }[] = [];
  for (let axis = 0; axis < rank; axis++) {
    if (!matters(axis)) continue;
    const own = key(axis);
    const previous = groups.at(-1);
    if (previous?.key === own) previous.axes.push(axis);
    else groups.push({ key: own, axes: [axis] });
  }
  return groups.map(({ axes }) => axes);
}

function products(shape: Shape, groups: readonly (readonly number[])[]): number[] {
  return groups.map((group) => group.reduce((product, axis) => product * (shape[axis] as number), 1));
}
