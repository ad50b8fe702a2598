// Reverse mode: accumulation, second order, storage types, whole transformers, and everything it refuses.
import { describe, expect, test } from "vitest";
import {
  add,
  argMax,
  bool,
  cast,
  causalAttention,
  checkGraph,
  concat,
  differentiate,
  div,
  evaluate,
  exp,
  f32,
  type Graph,
  type GraphBuilder,
  gather,
  gradientName,
  hostTensor,
  i32,
  linearCrossEntropy,
  mul,
  primitives,
  Random,
  type RefTensor,
  reduceMax,
  reduceSum,
  refTensor,
  reshape,
  rmsNorm,
  rope,
  select,
  slice,
  sub,
  type Tensor,
} from "../src/index.js";
import { graphOf, thrown, transformerInputs, transformerLoss, transformerWeights } from "./support.js";

const total = (x: Tensor) => reduceSum(x, { axes: x.shape.map((_, i) => i) });
const vector = (...values: number[]) => hostTensor("f32", [values.length], values);

/** The gradient by `x` of Σ build(x) at `values`. */
function gradientAt(values: readonly number[], build: (x: Tensor, b: GraphBuilder) => Tensor): number[] {
  const graph = graphOf((b) => b.output("loss", total(build(b.input("x", f32(values.length)), b))));
  const backward = differentiate(graph, { of: "loss", by: ["x"] });
  checkGraph(backward);
  return [...(evaluate(backward, { x: vector(...values) })[gradientName("x")] as RefTensor).data];
}

test.each<[string, (x: Tensor, b: GraphBuilder) => Tensor, number[]]>([
  ["x² + x, one value read three times", (x) => add(mul(x, x), x), [3, 5, -3]],
  ["x both ends of a concat", (x) => concat([x, mul(x, 2), x], { axis: 0 }), [4, 4, 4]],
  ["overlapping slices", (x) => add(slice(x, { start: [0], end: [2] }), slice(x, { start: [1], end: [3] })), [1, 2, 1]],
  ["rows gathered more than once", (x, b) => gather(x, b.constant(hostTensor("i32", [4], [2, 0, 2, 2]))), [1, 0, 3]],
  [
    "a value that does not reach the loss",
    (x, b) => slice(b.constant(vector(1, 1)), { start: [0], end: [exp(x).shape.length] }),
    [0, 0, 0],
  ],
  ["through an integer: none", (x) => mul(cast(cast(x, { to: "i32" }), { to: "f32" }), x), [1, 2, -2]],
  ["past an index: none", (x) => mul(cast(argMax(x, { axis: 0 }), { to: "f32" }), x), [1, 1, 1]],
  [
    "storage types round values, not gradients",
    (x) => mul(cast(cast(x, { to: "bf16" }), { to: "f32" }), 1 + 2 ** -12),
    Array.from({ length: 3 }, () => 1 + 2 ** -12),
  ],
  [
    "a storage value read twice",
    (x) => {
      const half = cast(x, { to: "f16" });
      return add(cast(half, { to: "f32" }), cast(slice(half, { start: [0], end: [3] }), { to: "f32" }));
    },
    [2, 2, 2],
  ],
])("%s", (_, build, want) => {
  expect(gradientAt([1, 2, -2], build)).toEqual(want);
});

test("a tie of maxima shares the gradient equally", () => {
  expect(gradientAt([3, 1, 3, 3], (x) => reduceMax(x, { axes: [0] }))).toEqual(
    [1 / 3, 0, 1 / 3, 1 / 3].map(Math.fround),
  );
});

test("the loss may be an input, and may be passed on", () => {
  const graph = graphOf((b) => b.output("loss", b.input("x", f32())));
  const got = evaluate(differentiate(graph, { of: "loss", by: ["x"] }), { x: hostTensor("f32", [], [7]) });
  expect([got["loss"], got[gradientName("x")]].map((y) => y?.data[0])).toEqual([7, 1]);
});

test("outputs, replacements and scopes stay; backward nodes carry the scope they belong to", () => {
  const graph = graphOf((b) => {
    const x = b.input("x", f32(2));
    const y = b.scope("layer", () => mul(x, x));
    b.output("x", y, { replaces: "x" });
    b.output("loss", total(y));
  });
  const backward = differentiate(graph, { of: "loss", by: ["x"] });
  expect(backward.outputs.map(({ name, replaces }) => [name, replaces])).toEqual([
    ["x", "x"],
    ["loss", undefined],
    ["gradient:x", undefined],
  ]);
  expect(new Set(backward.nodes.map(({ scope }) => scope))).toEqual(
    new Set(["layer", "layer.backward", undefined, "backward"]),
  );
});

describe("a two-layer transformer with tied embeddings", () => {
  const graph = transformerLoss();
  const by = Object.keys(transformerWeights);
  const inputs = Object.fromEntries(Object.entries(transformerInputs()).map(([name, host]) => [name, refTensor(host)]));
  const gradients = (decomposed: boolean) =>
    evaluate(differentiate(graph, { of: "loss", by, decomposed }), inputs, { precision: "f64" });
  const rules = gradients(false);

  test("the rules of composites and their decompositions give the same gradients", () => {
    const decomposed = gradients(true);
    for (const name of by) {
      const [a, b] = [rules, decomposed].map((all) => all[gradientName(name)]?.data) as [Float64Array, Float64Array];
      const scale = Math.max(...b.map(Math.abs));
      expect(scale, name).toBeGreaterThan(0);
      // Both run in float64 on the same f32 constants; what is left is rounding.
      a.forEach((x, i) => expect(Math.abs(x - (b[i] as number)), name).toBeLessThan(1e-12 * scale));
    }
  });

  test("the gradient predicts the change of the loss in random directions", () => {
    const loss = (step: number, direction: Record<string, Float64Array>) => {
      const moved = by.map((name) => {
        const x = inputs[name] as RefTensor;
        return [name, { ...x, data: x.data.map((v, i) => v + step * (direction[name]?.[i] as number)) }] as const;
      });
      return evaluate(graph, { ...inputs, ...Object.fromEntries(moved) }, { precision: "f64" })["loss"]
        ?.data[0] as number;
    };
    for (let trial = 0; trial < 5; trial++) {
      const direction = Object.fromEntries(
        by.map((name) => {
          const random = new Random(`${trial}/${name}`);
          return [name, (inputs[name] as RefTensor).data.map((_, i) => random.normal(i))];
        }),
      );
      const slope = by.reduce(
        (sum, name) =>
          sum +
          (rules[gradientName(name)] as RefTensor).data.reduce(
            (s, g, i) => s + g * (direction[name]?.[i] as number),
            0,
          ),
        0,
      );
      const h = 1e-6;
      // Central differences: h² f‴ plus rounding 1e-16 / h, and f32 constants in the rules.
      expect(Math.abs((loss(h, direction) - loss(-h, direction)) / (2 * h) - slope)).toBeLessThan(
        1e-6 * Math.max(1, Math.abs(slope)),
      );
    }
  });
});

/** A graph whose `loss` is Σ w · ∇, ∇ being the gradient by `x` of `graph`'s loss. */
function gradientLoss(graph: Graph, decomposed: boolean): Graph {
  const backward = differentiate(graph, { of: "loss", by: ["x"], decomposed });
  return graphOf((b) => {
    const gradient = b.append(backward).outputs[gradientName("x")] as Tensor;
    b.output("loss", total(mul(gradient, b.input("w", gradient.type))));
  });
}

test("second order: the gradient of a gradient", () => {
  const cubic = graphOf((b) => {
    const x = b.input("x", f32(3));
    b.output("loss", total(mul(x, mul(x, x))));
  });
  const twice = differentiate(gradientLoss(cubic, false), { of: "loss", by: ["x"] });
  const got = evaluate(twice, { x: vector(1, 2, 3), w: vector(1, 10, 100) })[gradientName("x")];
  expect([...(got as RefTensor).data]).toEqual([6, 120, 1800]);
});

test("second order through a composite: with decomposed, against finite differences; by its rule, refused", () => {
  const normed = graphOf((b) =>
    b.output("loss", total(exp(rmsNorm(b.input("x", f32(1, 4)), b.constant(vector(1, 2, 3, 4)), { eps: 1e-2 })[0]))),
  );
  const first = gradientLoss(normed, true);
  const x = refTensor(hostTensor("f32", [1, 4], [0.5, -1, 0.25, 1]));
  const w = refTensor(hostTensor("f32", [1, 4], [1, -2, 0.5, 1]));
  const at = (data: Float64Array) =>
    evaluate(first, { x: { ...x, data }, w }, { precision: "f64" })["loss"]?.data[0] as number;
  const second = evaluate(
    differentiate(first, { of: "loss", by: ["x"], decomposed: true }),
    { x, w },
    { precision: "f64" },
  );
  (second[gradientName("x")] as RefTensor).data.forEach((grad, i) => {
    const shifted = (h: number) => at(x.data.with(i, (x.data[i] as number) + h));
    // Central differences of a function with values near 100.
    expect(Math.abs((shifted(1e-5) - shifted(-1e-5)) / 2e-5 - grad)).toBeLessThan(1e-5 * Math.max(1, Math.abs(grad)));
  });
  expect(() => differentiate(gradientLoss(normed, false), { of: "loss", by: ["x"] })).toThrow(
    expect.objectContaining({ code: "E_GRADIENT" }),
  );
});

const refused: readonly [string, (b: GraphBuilder, x: Tensor) => Tensor, string][] = [
  ["an output that is not a scalar", (_, x) => x, 'cannot differentiate output "loss"'],
  ["an output that is not f32", (b) => b.scalar(1, "i32"), 'cannot differentiate output "loss"'],
  [
    "by a table of rope",
    (b, x) =>
      total(
        rope(b.input("q", f32(1, 2, 4)), slice(x, { start: [0, 0], end: [2, 1] }), b.input("sin", f32(2, 1)), {
          heads: 2,
        }),
      ),
    'op "rope" has no gradient by its input cos',
  ],
  [
    "the statistic of rmsNorm",
    (b, x) => total(rmsNorm(x, b.input("w", f32(2)), { eps: 1e-5 })[1]),
    "the loss depends on output inverseRms, which carries no gradient",
  ],
  [
    "the statistic of causalAttention",
    (_, x) => total(causalAttention(...heads(x), { heads: 2, kvHeads: 2 })[1]),
    "the loss depends on output logSumExp, which carries no gradient",
  ],
  [
    "the statistic of linearCrossEntropy",
    (b, x) => total(linearCrossEntropy(x, b.input("w", f32(3, 2)), b.input("t", i32(2)))[1]),
    "the loss depends on output logSumExp, which carries no gradient",
  ],
];

function heads(x: Tensor): [Tensor, Tensor, Tensor] {
  const y = reshape(x, { shape: [1, 2, 2] });
  return [y, y, y];
}

test.each(refused)("refused: %s", (_, build, message) => {
  const graph = graphOf((b) => b.output("loss", build(b, b.input("x", f32(2, 2)))));
  expect(thrown(() => differentiate(graph, { of: "loss", by: ["x"] }))).toMatchObject({ code: "E_GRADIENT", message });
});

test.each(["q", "t", "loss"])('refused: by "%s", which is not a float input', (name) => {
  const graph = graphOf((b) => {
    b.input("t", bool(2));
    b.output("loss", total(sub(b.input("x", f32(2)), div(1, b.input("y", f32(2))))));
  });
  expect(() => differentiate(graph, { of: "loss", by: ["x", name] })).toThrow(
    expect.objectContaining({ code: "E_GRADIENT" }),
  );
});

test("refused: an output that the graph does not have", () => {
  const graph = graphOf((b) => b.output("loss", b.input("x", f32())));
  expect(() => differentiate(graph, { of: "total", by: ["x"] })).toThrow(
    expect.objectContaining({ code: "E_GRADIENT" }),
  );
});

test("refused: an op without a rule on the way, named with its scope", () => {
  const opaque = { ...primitives.exp.op, name: "opaque", vjp: undefined };
  const graph = graphOf((b) => {
    const [y] = b.scope("layer", () => b.apply(opaque, [b.input("x", f32(2))], {}));
    b.output("loss", total(y as Tensor));
  });
  expect(thrown(() => differentiate(graph, { of: "loss", by: ["x"] })).format()).toBe(
    'E_GRADIENT: op "opaque" has no gradient\n  at: layer',
  );
});

test("select sends the gradient to the branch it took", () => {
  const got = gradientAt([0, 4], (x, b) => select(b.constant(hostTensor("bool", [2], [0, 1])), x, mul(x, 3)));
  expect(got).toEqual([3, 1]);
});
