// Building graphs: how the builder and the op functions treat operands, and every mistake they refuse.
import { expect, test } from "vitest";
import {
  add,
  bool,
  broadcast,
  checkGraph,
  concat,
  f32,
  GraphBuilder,
  gather,
  hostTensor,
  i32,
  iota,
  less,
  linearCrossEntropy,
  matmul,
  mul,
  pad,
  reduceSum,
  reshape,
  rmsNorm,
  rope,
  scatterAdd,
  select,
  slice,
  softmax,
  swiglu,
  type Tensor,
  transpose,
} from "../src/index.js";
import { graphOf, thrown } from "./support.js";

test("numbers become scalars of the other operands' dtype, shared between ops", () => {
  const graph = graphOf((b) => {
    const [x, n, c] = [b.input("x", f32(2)), b.input("n", i32(2)), b.input("c", bool(2))];
    b.output("y", add(mul(x, 2), 2));
    b.output("m", add(n, 2));
    b.output("s", select(c, 0, x));
  });
  const constants = graph.nodes.filter(({ op }) => op.name === "constant").map(({ outputs }) => outputs[0]?.type);
  expect(constants).toEqual([f32(), i32(), f32()]);
});

test("scalars of storage types are encoded", () => {
  const b = new GraphBuilder();
  b.output("half", b.scalar(1.5, "f16"));
  b.output("brain", b.scalar(1.5, "bf16"));
  const bits = b.finish().nodes.map(({ attrs }) => (attrs["value"] as { data: ArrayLike<number> }).data[0]);
  expect(bits).toEqual([0x3e00, 0x3fc0]);
});

test("scopes nest, and end even when building fails", () => {
  const b = new GraphBuilder();
  const x = b.input("x", f32(2));
  b.scope("layers", () => b.scope("0", () => add(x, x)));
  expect(() => b.scope("layers", () => add(x, b.input("x", f32(3))))).toThrow();
  add(x, x);
  expect(b.finish().nodes.map(({ scope }) => scope)).toEqual(["layers.0", undefined]);
});

test("an op's error names the op, its inputs, their types and the scope, and keeps its code", () => {
  const b = new GraphBuilder();
  const [x, w] = [b.input("x", f32(3, 4)), b.input("w", f32(5, 6))];
  const error = thrown(() => b.scope("head", () => matmul(x, w)));
  expect(error.format()).toBe(
    [
      "E_SHAPE: matmul: inner sizes differ: 4 and 5",
      "  at: matmul(a: f32[3,4], b: f32[5,6]) in head",
      "  expected: a: [.., m, k], b: [.., k, n]",
      "  got: f32[3,4] and f32[5,6]",
    ].join("\n"),
  );
});

const refused: readonly [string, string, (b: GraphBuilder, x: Tensor, n: Tensor) => unknown][] = [
  ["two inputs of one name", "E_NAME", (b) => b.input("x", f32())],
  ["two outputs of one name", "E_NAME", (b, x) => [b.output("y", x), b.output("y", x)]],
  ["replacing an input that does not exist", "E_REPLACES", (b, x) => b.output("y", x, { replaces: "z" })],
  ["replacing an input of another type", "E_REPLACES", (b, x) => b.output("y", x, { replaces: "n" })],
  [
    "replacing an input twice",
    "E_REPLACES",
    (b, x) => [b.output("y", x, { replaces: "x" }), b.output("z", x, { replaces: "x" })],
  ],
  ["a tensor of another graph", "E_OPERANDS", (_, x) => add(x, new GraphBuilder().input("x", f32(3, 4)))],
  ["an op of numbers only", "E_OPERANDS", () => add(1, 2)],
  ["nothing to concatenate", "E_OPERANDS", () => concat([], { axis: 0 })],
  ["a wrong number of inputs", "E_OPERANDS", (b, x) => b.apply(add.op, [x], {})],
  ["a size of zero", "E_SHAPE", (b) => b.input("z", f32(0, 3))],
  ["a negative size", "E_SHAPE", (b) => b.input("z", f32(-1))],
  ["sizes whose product happens to fit", "E_SHAPE", (_, x) => reshape(x, { shape: [-3, -4] })],
  ["another number of elements", "E_SHAPE", (_, x) => reshape(x, { shape: [5] })],
  ["shapes that do not broadcast", "E_SHAPE", (b, x) => add(x, b.input("z", f32(3)))],
  ["broadcasting to less", "E_SHAPE", (_, x) => broadcast(x, { shape: [3, 1] })],
  ["mixed dtypes", "E_DTYPE", (_, x, n) => add(x, n)],
  ["a number condition", "E_DTYPE", (_, x) => select(x, x, x)],
  ["comparing bools", "E_DTYPE", (b) => less(b.input("c", bool(2)), b.input("d", bool(2)))],
  ["a product of integers", "E_DTYPE", (_, x, n) => matmul(x, n)],
  ["a product of vectors", "E_SHAPE", (b) => matmul(b.input("v", f32(3)), b.input("u", f32(3)))],
  ["a permutation that repeats", "E_AXIS", (_, x) => transpose(x, { permutation: [0, 0] })],
  ["an axis twice", "E_AXIS", (_, x) => reduceSum(x, { axes: [0, -2] })],
  ["an axis that is not there", "E_AXIS", (_, x) => concat([x, x], { axis: 2 })],
  [
    "concatenating shapes that differ on another axis",
    "E_SHAPE",
    (b, x) => concat([x, b.input("z", f32(2, 3))], { axis: 0 }),
  ],
  ["an empty slice", "E_SHAPE", (_, x) => slice(x, { start: [1, 0], end: [1, 4] })],
  ["a slice past the end", "E_SHAPE", (_, x) => slice(x, { start: [0, 0], end: [3, 5] })],
  ["a fractional slice", "E_SHAPE", (_, x) => slice(x, { start: [0.5, 0], end: [1.5, 4] })],
  ["negative padding", "E_SHAPE", (_, x) => pad(x, { before: [-1, 0], after: [2, 0] })],
  ["fractional padding", "E_SHAPE", (_, x) => pad(x, { before: [0.5, 0], after: [0.5, 0] })],
  ["padding for too few axes", "E_SHAPE", (_, x) => pad(x, { before: [1], after: [1] })],
  ["float indices", "E_DTYPE", (_, x) => gather(x, x)],
  ["a scalar table", "E_SHAPE", (b, _, n) => gather(b.input("t", f32()), n)],
  ["updates that do not begin like the indices", "E_SHAPE", (_, x, n) => scatterAdd(x, n, { rows: 2 })],
  ["no rows", "E_SHAPE", (b, x) => scatterAdd(x, b.input("i", i32(3)), { rows: 0 })],
  ["counting along no axis", "E_AXIS", (b) => iota(b, { shape: [], axis: 0 })],
  ["softmax of a scalar", "E_AXIS", (b) => softmax(b.input("s", f32()))],
  ["a gate of another shape", "E_SHAPE", (b, x) => swiglu(x, b.input("u", f32(4)))],
  ["a norm weight of integers", "E_SHAPE", (b, x) => rmsNorm(x, b.input("w", i32(4)), { eps: 1e-5 })],
  [
    "rope tables that do not fit",
    "E_SHAPE",
    (b) => rope(b.input("q", f32(1, 2, 8)), b.input("cos", f32(2, 4)), b.input("sin", f32(2, 4)), { heads: 2 }),
  ],
  ["targets for other rows", "E_SHAPE", (b, x, n) => linearCrossEntropy(x, b.input("w", f32(9, 4)), n)],
];

test.each(refused)("%s: refused with %s", (_, code, build) => {
  const b = new GraphBuilder();
  const [x, n] = [b.input("x", f32(3, 4)), b.input("n", i32(4))];
  expect(thrown(() => build(b, x, n))).toMatchObject({ name: "CambiumError", code });
});

test("inline binds by name, keeps scopes, and refuses what does not fit: E_INPUT", () => {
  const inner = graphOf((b) => b.scope("inner", () => b.output("y", add(b.input("x", f32(2)), 1))));
  const outer = graphOf((b) => {
    const { y } = b.inline(inner, { x: b.input("a", f32(2)) });
    b.output("z", b.inline(inner, { x: y as Tensor })["y"] as Tensor);
  });
  checkGraph(outer);
  expect(outer.nodes.every(({ scope }) => scope === "inner")).toBe(true);
  for (const bindings of [{}, { x: new GraphBuilder().input("x", f32(3)) }]) {
    expect(() => new GraphBuilder().inline(inner, bindings)).toThrow(expect.objectContaining({ code: "E_INPUT" }));
  }
});

test("append declares the inputs that are not bound, and refuses a name that is taken: E_NAME", () => {
  const inner = graphOf((b) => b.output("y", add(b.input("x", f32(2)), b.input("w", f32(2)))));
  const b = new GraphBuilder();
  const x = b.input("a", f32(2));
  const { inputs, outputs } = b.append(inner, { x });
  b.output("z", outputs["y"] as Tensor);
  expect(b.finish().inputs.map(({ name }) => name)).toEqual(["a", "w"]);
  expect(inputs["x"]).toBe(x);
  checkGraph(b.finish());
  expect(() => b.append(inner)).toThrow(expect.objectContaining({ code: "E_NAME" }));
});

test("a finished graph does not change when building goes on", () => {
  const b = new GraphBuilder();
  const c = b.constant(hostTensor("f32", [2]));
  b.output("c", c);
  const before = b.finish();
  b.output("d", add(c, c));
  expect([before.nodes.length, before.outputs.length]).toEqual([1, 1]);
});
