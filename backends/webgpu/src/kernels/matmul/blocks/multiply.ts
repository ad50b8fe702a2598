// The unrolled heart of a software adapter's products: swaps around a quad, and every product added to its sum.
import { range } from "../../range.js";
import { type BlockShape, lanesOf, swaps, swapsA } from "./shape.js";

const known = new Map<string, string>();

/**
 * The statements that follow the reads of `steps` steps of k, cached: all kernels of a shape have the same text.
 */
export function multiply(shape: BlockShape, steps: number): string {
  const { quad, rows, columns } = shape;
  const key = [quad, rows, columns, steps].join();
  const text = known.get(key) ?? [...swapped(shape, steps), ...sums(shape, steps)].join("\n");
  known.set(key, text);
  return text;
}

/** Values of the other lanes, of the side that is swapped. */
function swapped(shape: BlockShape, steps: number): string[] {
  const [side, count] = swapsA(shape) ? ["a", shape.rows] : ["b", shape.columns];
  return range(steps).flatMap((u) =>
    range(lanesOf(shape) - 1).flatMap((s) =>
      range(count).map((i) => `let ${side}${u}_${i}_${s + 1} = ${swaps[s + 1]}(${side}${u}_${i}_0);`),
    ),
  );
}

function sums(shape: BlockShape, steps: number): string[] {
  const swapA = swapsA(shape);
  return sumNames(shape).map(({ name, x, i, j }) => {
    const sum = range(steps).reduce(
      (before, u) => `(${before} + a${u}_${i}_${swapA ? x : 0} * b${u}_${j}_${swapA ? 0 : x})`,
      name,
    );
    return `${name} = ${sum};`;
  });
}

/** The sums of an invocation: with the lane at swap x, of row i and column j. */
export function sumNames(shape: BlockShape) {
  return range(lanesOf(shape)).flatMap((x) =>
    range(shape.rows).flatMap((i) => range(shape.columns).map((j) => ({ name: `c${x}_${i}_${j}`, x, i, j }))),
  );
}
