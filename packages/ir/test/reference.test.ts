// The evaluator itself: rounding, inputs it refuses, tracing, and edge values that the golden files leave out.
import { expect, test } from "vitest";
import {
  add,
  cast,
  div,
  evaluate,
  exp,
  f32,
  formatType,
  type GraphBuilder,
  gather,
  type HostTensor,
  hostTensor,
  i32,
  maximum,
  mul,
  refTensor,
  scatterAdd,
  softmax,
  type Tensor,
  toHost,
} from "../src/index.js";
import { graphOf } from "./support.js";

const run = (build: (b: GraphBuilder) => Tensor) => [
  ...(evaluate(
    graphOf((b) => b.output("y", build(b))),
    {},
  )["y"]?.data ?? []),
];

test("f32 rounds after every op, f64 after none", () => {
  const graph = graphOf((b) => b.output("y", add(div(b.input("x", f32()), 3), 1)));
  const inputs = { x: hostTensor("f32", [], [1]) };
  expect(evaluate(graph, inputs)["y"]?.data[0]).toBe(Math.fround(Math.fround(1 / 3) + 1));
  expect(evaluate(graph, inputs, { precision: "f64" })["y"]?.data[0]).toBe(1 / 3 + 1);
});

test("storage types round in f64 too", () => {
  const graph = graphOf((b) => b.output("y", cast(cast(b.input("x", f32(2)), { to: "bf16" }), { to: "f32" })));
  const x = hostTensor("f32", [2], [1 + 2 ** -9, 1 / 3]);
  for (const precision of ["f32", "f64"] as const)
    expect([...(evaluate(graph, { x }, { precision })["y"]?.data ?? [])]).toEqual([1, 0.333984375]);
});

test("integers wrap, products included", () => {
  const big = (b: GraphBuilder) => b.constant(hostTensor("i32", [1], [2 ** 31 - 1]));
  expect(run((b) => add(big(b), 1))).toEqual([-(2 ** 31)]);
  expect(run((b) => mul(big(b), big(b)))).toEqual([1]);
});

test("NaN and infinities pass through", () => {
  const odd = (b: GraphBuilder) =>
    b.constant(hostTensor("f32", [3], [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]));
  expect(run((b) => maximum(odd(b), 0))).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 0]);
  expect(run((b) => exp(odd(b)))).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 0]);
  expect(run((b) => cast(odd(b), { to: "bool" }))).toEqual([1, 1, 1]);
});

test("inputs that are missing or do not fit are refused: E_INPUT", () => {
  const graph = graphOf((b) => b.output("y", exp(b.input("toString", f32(2)))));
  for (const host of [
    undefined,
    hostTensor("f32", [3]),
    hostTensor("i32", [2]),
    { ...hostTensor("f32", [2]), data: new Float32Array(1) },
  ]) {
    const inputs: Record<string, HostTensor> = host ? { ["toString"]: host } : {};
    expect(() => evaluate(graph, inputs)).toThrow(expect.objectContaining({ code: "E_INPUT" }));
  }
});

test.each([-1, 3])("index %i into three rows is refused: E_INDEX", (index) => {
  const graph = (build: (x: Tensor, indices: Tensor) => Tensor) =>
    graphOf((b) => b.output("y", build(b.input("x", f32(3)), b.input("i", i32(3)))));
  const inputs = { x: hostTensor("f32", [3]), i: hostTensor("i32", [3], [0, index, 0]) };
  for (const each of [graph((x, i) => gather(x, i)), graph((x, i) => scatterAdd(x, i, { rows: 3 }))]) {
    expect(() => evaluate(each, inputs)).toThrow(expect.objectContaining({ code: "E_INDEX" }));
  }
});

test("onNode sees each node with its outputs, in order; composites whole", () => {
  const graph = graphOf((b) => b.output("y", softmax(exp(b.input("x", f32(2))))));
  const seen: string[] = [];
  evaluate(
    graph,
    { x: hostTensor("f32", [2]) },
    { onNode: ({ op }, [y]) => seen.push(`${op.name} ${y && formatType(y.type)} ${y?.data}`) },
  );
  expect(seen).toEqual(["exp f32[2] 1,1", "softmax f32[2] 0.5,0.5"]);
});

test("host tensors of every dtype come back as they were", () => {
  const hosts = [
    hostTensor("f32", [2], [0.1, -0]),
    hostTensor("i32", [2], [-(2 ** 31), 7]),
    hostTensor("bool", [2], [0, 1]),
    hostTensor("f16", [2], [0x3c00, 0x8001]),
    hostTensor("bf16", [2], [0x3f80, 0xc049]),
  ];
  for (const host of hosts) expect(toHost(refTensor(host))).toEqual(host);
});
