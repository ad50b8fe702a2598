// FLOPs and bytes, counted by hand.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  add,
  bool,
  type Cost,
  causalAttention,
  decompose,
  defineComposite,
  differentiate,
  everyOp,
  f32,
  type Graph,
  type GraphBuilder,
  gather,
  graphCost,
  i32,
  linearCrossEntropy,
  matmul,
  mul,
  nodeCost,
  reduceSum,
  rmsNorm,
  sampleGraph,
  scatterAdd,
  select,
  softmax,
  swiglu,
  transpose,
} from "../src/index.js";
import { anyGraph, graphOf } from "./support.js";

const input = (b: GraphBuilder, name: string, ...shape: number[]) => b.input(name, f32(...shape));

test.each<[string, (b: GraphBuilder) => unknown, number, number]>([
  ["add, broadcast: one an element written", (b) => add(input(b, "a", 4, 5), input(b, "b", 5)), 20, 4 * (20 + 5 + 20)],
  [
    "matmul: two a multiply-add",
    (b) => matmul(input(b, "a", 2, 3, 4), input(b, "b", 4, 5)),
    2 * 2 * 3 * 5 * 4,
    4 * (24 + 20 + 30),
  ],
  [
    "matmul with both transposed",
    (b) => matmul(input(b, "a", 4, 3), input(b, "b", 5, 4), { transA: true, transB: true }),
    2 * 3 * 5 * 4,
    4 * (12 + 20 + 15),
  ],
  ["reduceSum: one an element read", (b) => reduceSum(input(b, "a", 4, 5), { axes: [0] }), 20, 4 * (20 + 5)],
  ["transpose: moves only", (b) => transpose(input(b, "a", 4, 5), { permutation: [1, 0] }), 0, 4 * 40],
  ["gather: moves only", (b) => gather(input(b, "t", 10, 3), b.input("i", i32(4))), 0, 4 * (30 + 4 + 12)],
  [
    "scatterAdd: one an update",
    (b) => scatterAdd(input(b, "u", 4, 3), b.input("i", i32(4)), { rows: 10 }),
    12,
    4 * (12 + 4 + 30),
  ],
  [
    "select: moves only; a bool is a byte",
    (b) => select(b.input("c", bool(4)), input(b, "x", 4), input(b, "y", 4)),
    0,
    4 + 4 * 12,
  ],
  ["softmax: max, subtract, exp, sum, divide", (b) => softmax(input(b, "x", 6, 7)), 5 * 42, 4 * 84],
  ["swiglu: sigmoid and two products", (b) => swiglu(input(b, "g", 6, 7), input(b, "u", 6, 7)), 3 * 42, 4 * 126],
  [
    "rmsNorm: square, sum; ÷, +eps and rsqrt a row; two products",
    (b) => rmsNorm(input(b, "x", 6, 8), input(b, "w", 8), { eps: 1e-5 }),
    4 * 48 + 3 * 6,
    4 * (48 + 8 + 48 + 6),
  ],
  [
    "causalAttention: its two products, masked half included",
    (b) =>
      causalAttention(input(b, "q", 2, 5, 12), input(b, "k", 2, 5, 6), input(b, "v", 2, 5, 6), {
        heads: 4,
        kvHeads: 2,
      }),
    4 * 2 * 4 * 3 * 25,
    4 * (120 + 60 + 60 + 120 + 40),
  ],
  [
    "linearCrossEntropy: its product",
    (b) => linearCrossEntropy(input(b, "h", 6, 4), input(b, "w", 9, 4), b.input("t", i32(6))),
    2 * 6 * 4 * 9,
    4 * (24 + 36 + 6 + 1 + 6),
  ],
])("%s", (_, build, flops, bytes) => {
  const [node] = graphOf(build).nodes.slice(-1) as [Graph["nodes"][0]];
  expect(nodeCost(node)).toMatchObject({ flops, bytes });
});

test("a graph costs what its nodes cost", () => {
  expect(graphCost(graphOf((b) => b.output("x", input(b, "x", 3))))).toEqual({ flops: 0, matrixFlops: 0, bytes: 0 });
  fc.assert(
    fc.property(anyGraph, ({ graph }) => {
      const sum = (key: keyof Cost) => graph.nodes.reduce((total, node) => total + nodeCost(node)[key], 0);
      expect(graphCost(graph)).toEqual({ flops: sum("flops"), matrixFlops: sum("matrixFlops"), bytes: sum("bytes") });
    }),
  );
});

test("a matmul's gradient costs twice the matmul", () => {
  const graph = graphOf((b) => {
    const y = matmul(input(b, "x", 8, 16), input(b, "w", 32, 16), { transB: true });
    b.output("loss", reduceSum(y, { axes: [0, 1] }));
  });
  const { matrixFlops } = graphCost(graph);
  expect(matrixFlops).toBe(2 * 8 * 16 * 32);
  expect(graphCost(differentiate(graph, { of: "loss", by: ["x", "w"] })).matrixFlops).toBe(3 * matrixFlops);
});

test("the matrix work inside a composite that is not marked as matrix work is counted", () => {
  const projected = defineComposite({
    name: "projected",
    inputs: ["x", "w"],
    infer: ([x]) => x,
    decompose: ([x, w]) => mul(matmul(x, w), 2),
    samples: [],
  });
  const graph = graphOf((b) => projected(input(b, "x", 3, 4), input(b, "w", 4, 4)));
  expect(graphCost(graph)).toMatchObject({ flops: 2 * 3 * 4 * 4 + 3 * 4, matrixFlops: 2 * 3 * 4 * 4 });
});

test.each(everyOp.map((op) => [op.name, op] as const))("%s: matrix work is a part of all work", (_, op) => {
  for (const sample of op.samples) {
    const graph = sampleGraph(op, sample);
    const { flops, matrixFlops } = graphCost(graph);
    const works = decompose(graph).nodes.some(matmul.is);
    expect(matrixFlops > 0).toBe(works);
    expect(matrixFlops).toBeLessThanOrEqual(flops);
  }
});
