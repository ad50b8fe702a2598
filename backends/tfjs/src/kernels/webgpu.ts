// What is wrong or missing in tfjs-backend-webgpu, by kernel:
// ScatterNd adds by atomics in any order, so that two runs differ in their bits. A product with a one-hot matrix is used.
// Sum and Max of int32 go through f32 and are inexact beyond 2^24. One half of the rows is added to the other until one is left.
// Sin and Cos are WGSL's, accurate to 2^-11 only. The argument is reduced to a quarter turn and a series is summed.
import { numel, type Shape } from "@cambium/ir";
import type { Ref } from "../program/program.js";
import { type Binary, Kernels, type Unary } from "./kernels.js";

/** π/2 in three parts of few bits each, so that a multiple of the first two is exact (Cody & Waite 1980). */
const quarter = [1.5703125, 4.837512969970703e-4, 7.549789948768648e-8] as const;
/** Taylor coefficients from x³ and from x²: within π/4 the first term left out is below 3e-9. */
const sine = [-1 / 6, 1 / 120, -1 / 5040, 1 / 362880] as const;
const cosine = [-1 / 2, 1 / 24, -1 / 720, 1 / 40320] as const;

export class WebgpuKernels extends Kernels {
  override unary(name: Unary, x: Ref): Ref {
    return name === "Sin" || name === "Cos" ? this.#circular(x, name === "Sin" ? 0 : 1) : super.unary(name, x);
  }

  override scatterAdd(updates: Ref, indices: Ref, rows: number): Ref {
    return this.matmul(this.oneHot(indices, rows), updates, { transA: true });
  }

  override sum(x: Ref, axes: readonly number[], keepDims = false): Ref {
    return x.dtype === "int32" ? this.#halved("Add", x, axes, keepDims) : super.sum(x, axes, keepDims);
  }

  override max(x: Ref, axes: readonly number[], keepDims = false): Ref {
    return x.dtype === "int32" ? this.#halved("Maximum", x, axes, keepDims) : super.max(x, axes, keepDims);
  }

  #halved(name: Binary, x: Ref, axes: readonly number[], keepDims: boolean): Ref {
    const reduced = new Set(axes);
    const [kept, over] = [0, 1].map((which) =>
      x.shape.map((_, i) => i).filter((i) => reduced.has(i) === (which === 1)),
    );
    const shape = x.shape.flatMap((size, i) => (reduced.has(i) ? (keepDims ? [1] : []) : [size]));
    const columns = numel((kept as number[]).map((i) => x.shape[i] as number));
    let rows = numel(x.shape) / columns;
    let y = this.reshape(this.transpose(x, [...(over as number[]), ...(kept as number[])]), [rows, columns]);
    const part = (from: number, count: number) => this.slice(y, [from, 0], [count, columns]);
    while (rows > 1) {
      const half = Math.floor(rows / 2);
      const sum = this.binary(name, part(0, half), part(half, half));
      y = rows % 2 === 0 ? sum : this.concat([sum, part(2 * half, 1)], 0);
      rows = half + (rows % 2);
    }
    return this.reshape(y, shape as Shape);
  }

  /** sin(x + shift · π/2). */
  #circular(x: Ref, shift: 0 | 1): Ref {
    const { program } = this;
    const times = (a: Ref, b: Ref | number) =>
      this.binary("Multiply", a, typeof b === "number" ? program.scalar(b) : b);
    const plus = (a: Ref, b: Ref | number) => this.binary("Add", a, typeof b === "number" ? program.scalar(b) : b);
    const turns = this.unary("Floor", plus(times(x, 2 / Math.PI), 0.5));
    const rest = quarter.reduce((r, step) => this.binary("Sub", r, times(turns, step)), x);
    const square = times(rest, rest);
    const series = (coefficients: readonly number[]) =>
      coefficients.reduceRight<Ref | number>((sum, c) => plus(times(square, sum), c), 0) as Ref;
    const sin = plus(rest, times(times(rest, square), series(sine)));
    const cos = plus(times(square, series(cosine)), 1);
    // Quarter turns modulo 4: odd ones take the other function, the upper two change the sign.
    const count = shift === 0 ? turns : plus(turns, shift);
    const whole = this.binary("Sub", count, times(this.unary("Floor", times(count, 0.25)), 4));
    const isOdd = this.predicate(
      "Equal",
      this.binary("Sub", whole, times(this.unary("Floor", times(whole, 0.5)), 2)),
      program.scalar(1),
    );
    const picked = this.select(isOdd, cos, sin);
    return this.select(this.predicate("Less", whole, program.scalar(2)), picked, this.unary("Neg", picked));
  }
}
