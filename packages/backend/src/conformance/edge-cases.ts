// Cases that backends get wrong: odd ranks and sizes, tile boundaries, long sums, large integers, infinities.
import * as ir from "@cambium/ir";
import { drawn, given, type SampleInput, type Tensor } from "@cambium/ir";
import { assertExpected, assertOutputs, runFetched } from "./agree.js";
import type { ConformanceCase } from "./case.js";
import { accepts } from "./dtypes.js";

const { GraphBuilder, materialize } = ir;
const big = 2 ** 24;

/** An op, what the case tests, its inputs, and an expression over them. */
type Edge = readonly [
  op: string,
  what: string,
  inputs: readonly SampleInput[],
  build: (...x: Tensor[]) => Tensor,
  /** The result must have the same bits as the reference. */
  exact?: "exact",
];

const random = (...shape: number[]) => drawn("f32", shape);
const positive = (...shape: number[]) => drawn("f32", shape, [0, 1]);
const negative = (...shape: number[]) => drawn("f32", shape, [-5, -1]);
const list = (...values: number[]) => given("f32", [values.length], values);
const integers = (...values: number[]) => given("i32", [values.length], values);
const count = (n: number, f: (i: number) => number) => Array.from({ length: n }, (_, i) => f(i));
const half = (x: Tensor) => ir.cast(x, { to: "f16" });
const ones = (...shape: number[]) => given("f32", shape, new Array<number>(ir.numel(shape)).fill(1));

const edges = [
  ["add", "two scalars", [random(), random()], (a, b) => ir.add(a, b)],
  ["add", "a scalar and one element", [random(), random(1)], (a, b) => ir.add(a, b)],
  ["add", "one tensor twice", [random(5)], (a) => ir.add(a, a)],
  ["add", "integers beyond 2^24", [integers(big + 1, -big - 1, 2 ** 30)], (a) => ir.add(a, 2)],
  ["sub", "1,027 elements", [random(1027), random(1027)], (a, b) => ir.sub(a, b)],
  ["mul", "five axes stretched in turn", [random(2, 1, 3, 1, 2), random(1, 4, 1, 5, 1)], (a, b) => ir.mul(a, b)],
  ["mul", "integers beyond 2^24", [integers(4099, -4099), integers(8191, 8191)], (a, b) => ir.mul(a, b)],
  ["mul", "a chain of 200 nodes", [random(7)], (a) => repeat(100, a, (x) => ir.add(ir.mul(x, 0.99), 0.01))],
  [
    "equal",
    "integers beyond 2^24",
    [integers(big, big + 1, big), integers(big + 1, big + 1, big)],
    (a, b) => ir.equal(a, b),
  ],
  ["less", "integers beyond 2^24", [integers(big, big + 1), integers(big + 1, big)], (a, b) => ir.less(a, b)],
  [
    "select",
    "three ways to stretch",
    [drawn("bool", [3, 1, 1]), random(4, 1), random(5)],
    (c, a, b) => ir.select(c, a, b),
  ],
  [
    "select",
    "the branch not taken is infinite",
    [
      given("bool", [3], [1, 0, 1]),
      list(1, Number.POSITIVE_INFINITY, 3),
      list(Number.NEGATIVE_INFINITY, 2, Number.NaN),
    ],
    (c, a, b) => ir.select(c, a, b),
  ],
  ["exp", "far ends", [list(-1e30, -200, 0)], (a) => ir.exp(a)],
  ["exp", "1,027 elements", [random(1027)], (a) => ir.exp(a)],
  ["sigmoid", "far ends", [list(-1e4, 1e4)], (a) => ir.sigmoid(a)],
  ["tanh", "far ends", [list(-1e4, -20, 20, 1e4)], (a) => ir.tanh(a)],
  ["cast", "an integer that f32 rounds", [integers(big + 1)], (a) => ir.cast(a, { to: "f32" })],
  ["cast", "fractions to bool", [list(0.25, 0, -0.25, -0)], (a) => ir.cast(a, { to: "bool" })],
  ["cast", "beyond f16's ends", [list(65520, -65520, 1e30, -1e30, Number.POSITIVE_INFINITY, 1e-8)], half],
  ["cast", "every f16 below 2^-14 and its middle", [list(...count(2050, (i) => (i - 1025) * 2 ** -25))], half],
  ["cast", "odd counts of f16, rounded on the way", [random(1027)], (a) => ir.add(ir.cast(half(a), { to: "f32" }), a)],
  [
    "cast",
    "ties of bf16, to even, and its ends",
    [list(1 + 2 ** -8, 1 + 3 * 2 ** -8, -1 - 2 ** -8, 1e-39, 3.4e38, Number.NEGATIVE_INFINITY, 1 / 3)],
    (a) => ir.cast(ir.cast(a, { to: "bf16" }), { to: "f32" }),
  ],
  ...(["f16", "bf16"] as const).map(
    (dtype): Edge => [
      "concat",
      `${dtype} moved about`,
      [drawn(dtype, [3, 5]), drawn(dtype, [5, 3]), drawn("i32", [4], [0, 5])],
      (a, b, rows) => {
        const joined = ir.concat([ir.transpose(a, { permutation: [1, 0] }), b], { axis: 1 });
        const padded = ir.pad(ir.gather(joined, rows), { before: [1, 0], after: [0, 2] });
        return ir.slice(ir.reshape(padded, { shape: [8, 5] }), { start: [0, 1], end: [7, 4] });
      },
    ],
  ),
  ["matmul", "both sides' batches stretched", [random(2, 1, 3, 4), random(1, 5, 4, 2)], (a, b) => ir.matmul(a, b)],
  ["matmul", "a row by a column", [random(1, 7), random(7, 1)], (a, b) => ir.matmul(a, b)],
  ["matmul", "a matrix by itself", [random(5, 5)], (a) => ir.matmul(a, a, { transB: true })],
  ...[0, 1, 2, 3].map((which): Edge => {
    const [transA, transB] = [which % 2 === 1, which > 1];
    const [a, b] = [transA ? random(67, 65) : random(65, 67), transB ? random(129, 67) : random(67, 129)];
    const what = `across tiles, transA ${transA}, transB ${transB}`;
    return ["matmul", what, [a, b], (x, y) => ir.matmul(x, y, { transA, transB })];
  }),
  ...[0, 1, 2, 3].map((which): Edge => {
    const [transA, transB] = [which % 2 === 1, which > 1];
    const [a, b] = [transA ? [68, 65] : [65, 68], transB ? [132, 68] : [68, 132]] as const;
    const what = `f16 to f16 beyond a tile, transA ${transA}, transB ${transB}`;
    // Sums of 68 products of integers below 16 are exact in f32, and rounding them to f16 is the same everywhere.
    const whole = (shape: readonly number[]) =>
      given(
        "f16",
        shape,
        count(ir.numel(shape), (i) => ((i * 7919) % 31) - 15),
      );
    return ["matmul", what, [whole(a), whole(b)], (x, y) => half(ir.matmul(x, y, { transA, transB }))];
  }),
  ["reduceSum", "every axis", [random(3, 4, 5)], (a) => ir.reduceSum(a, { axes: [2, 0, 1] })],
  ["reduceSum", "no axis", [random(3, 4)], (a) => ir.reduceSum(a, { axes: [] })],
  ["reduceSum", "5,000 terms", [positive(5000)], (a) => ir.reduceSum(a, { axes: [0] })],
  ["reduceSum", "rows of 1,027", [positive(3, 1027)], (a) => ir.reduceSum(a, { axes: [1] })],
  ["reduceSum", "integers beyond 2^24", [integers(big, 1, big, 1)], (a) => ir.reduceSum(a, { axes: [0] })],
  ["reduceMax", "all below zero", [negative(3, 300)], (a) => ir.reduceMax(a, { axes: [1] })],
  ["argMax", "all below zero", [negative(3, 300)], (a) => ir.argMax(a, { axis: 1 })],
  ["transpose", "a scalar", [random()], (a) => ir.transpose(a, { permutation: [] })],
  ["transpose", "six axes", [random(2, 1, 3, 1, 2, 2)], (a) => ir.transpose(a, { permutation: [5, 4, 3, 2, 1, 0] })],
  ["transpose", "33 by 65", [random(33, 65)], (a) => ir.transpose(a, { permutation: [1, 0] })],
  ["reshape", "a scalar to three axes", [random()], (a) => ir.reshape(a, { shape: [1, 1, 1] })],
  ["broadcast", "to its own shape", [random(2, 3)], (a) => ir.broadcast(a, { shape: [2, 3] })],
  ["concat", "one tensor", [random(2, 3)], (a) => ir.concat([a], { axis: 0 })],
  ["concat", "a tensor and itself", [random(2, 3)], (a) => ir.concat([a, a], { axis: 1 })],
  ["slice", "one element", [random(3, 4)], (a) => ir.slice(a, { start: [2, 3], end: [3, 4] })],
  ["gather", "more indices than rows", [random(300, 3), drawn("i32", [20, 40], [0, 300])], (t, i) => ir.gather(t, i)],
  // Sums of ones are exact, so a single update lost to a race shows.
  [
    "scatterAdd",
    "no update is lost",
    [ones(8192, 4), drawn("i32", [8192], [0, 3])],
    (u, i) => ir.scatterAdd(u, i, { rows: 5 }),
    "exact",
  ],
  [
    "scatterAdd",
    "one row takes all",
    [ones(4096), drawn("i32", [4096], [1, 2])],
    (u, i) => ir.scatterAdd(u, i, { rows: 2 }),
    "exact",
  ],
  [
    "clipByGlobalNorm",
    "no limit, so nothing is clipped",
    [random(7), random(3, 2)],
    (...grads) => {
      const [scale, norm] = ir.clipByGlobalNorm(grads, { maxNorm: Number.POSITIVE_INFINITY });
      return ir.add(scale, norm);
    },
  ],
  [
    "guardedAdamw",
    "a skipped step leaves the parameter unchanged, whatever the gradient is",
    [random(5), list(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 1), random(5), positive(5)],
    (param, grad, m, v) => {
      const scalar = (x: number) => param.builder.scalar(x);
      const attrs = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 };
      const next = ir.guardedAdamw(param, grad, m, v, scalar(0), scalar(0.1), param.builder.scalar(2, "i32"), attrs);
      return ir.concat(next, { axis: 0 });
    },
    "exact",
  ],
  ["softmax", "rows of 1,027", [drawn("f32", [3, 1027], [-10, 10])], (a) => ir.softmax(a)],
  ["softmax", "equal and enormous", [list(1e30, 1e30)], (a) => ir.softmax(a)],
] satisfies readonly Edge[] as readonly Edge[];

export function edgeCases(): ConformanceCase[] {
  return edges.map(([op, what, samples, build, exact]) => ({
    part: "values",
    op,
    name: `${op}: ${what}`,
    run: async (device) => {
      const builder = new GraphBuilder();
      const tensors = samples.map(({ type }, i) => builder.input(`x${i}`, type));
      builder.output("y", build(...tensors));
      const graph = builder.finish();
      const inputs = Object.fromEntries(materialize({ inputs: samples }, what).map((host, i) => [`x${i}`, host]));
      if (!(await accepts(device, graph))) return;
      const got = await runFetched(device, graph, inputs);
      if (exact) assertOutputs(got, graph, inputs, 0);
      else assertExpected(got, graph, inputs);
    },
  }));
}

function repeat(times: number, x: Tensor, f: (x: Tensor) => Tensor): Tensor {
  return times === 0 ? x : repeat(times - 1, f(x), f);
}
