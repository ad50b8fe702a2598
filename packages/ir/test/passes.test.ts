// Passes on random graphs: the result is well-formed and gives the same bits. And what each pass must remove.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  add,
  attrsKey,
  autocast,
  broadcast,
  cast,
  checkGraph,
  decompose,
  differentiate,
  div,
  eliminateCommonSubexpressions,
  eliminateDeadCode,
  evaluate,
  exp,
  f32,
  foldConstants,
  formatType,
  type Graph,
  GraphBuilder,
  hostTensor,
  i32,
  matmul,
  mul,
  neg,
  optimize,
  printGraph,
  reshape,
  rewrite,
  sigmoid,
  softmax,
  sub,
  swiglu,
  type Tensor,
} from "../src/index.js";
import {
  anyGraph,
  expectSameOutputs,
  graphOf,
  thrown,
  transformerInputs,
  transformerLoss,
  transformerWeights,
  withConstants,
} from "./support.js";

const passes: Record<string, (graph: Graph) => Graph> = {
  "rewrite that changes nothing": (graph) => rewrite(graph, () => null),
  fold: foldConstants,
  "common subexpressions": eliminateCommonSubexpressions,
  "dead code": eliminateDeadCode,
  decompose: (graph) => decompose(graph),
  optimize: (graph) => optimize(graph, { verify: true }),
};

describe.each(Object.entries(passes))("%s", (_, pass) => {
  test("keeps graphs well-formed and every output as it was", () => {
    fc.assert(
      fc.property(anyGraph, fc.boolean(), (random, constants) => {
        const { graph, inputs } = constants ? withConstants(random) : random;
        const after = pass(graph);
        checkGraph(after);
        expectSameOutputs(after, graph, inputs);
      }),
      { numRuns: 150 },
    );
  });

  test("has nothing left to do the second time", () => {
    fc.assert(
      fc.property(anyGraph, (random) => {
        const once = pass(withConstants(random).graph);
        expect(pass(once).nodes.length).toBe(once.nodes.length);
      }),
      { numRuns: 50 },
    );
  });
});

const names = (graph: Graph) => graph.nodes.map(({ op }) => op.name);
const folded = (build: (x: Tensor, b: GraphBuilder) => Tensor) =>
  names(
    eliminateDeadCode(
      foldConstants(
        graphOf((b) => {
          b.output("y", build(b.input("x", f32(2, 3)), b));
        }),
      ),
    ),
  );

test.each<[string, (x: Tensor, b: GraphBuilder) => Tensor, string[]]>([
  ["x · 1", (x) => mul(x, 1), []],
  ["1 · x", (x) => mul(1, x), []],
  ["x + 0", (x) => add(x, 0), []],
  ["0 + x", (x) => add(0, x), []],
  ["x / 1", (x) => div(x, 1), []],
  ["x − 0", (x) => sub(x, 0), []],
  ["a reshape to the same shape", (x) => reshape(x, { shape: [2, 3] }), []],
  ["a broadcast to the same shape", (x) => broadcast(x, { shape: [2, 3] }), []],
  ["a cast to the same dtype", (x) => cast(x, { to: "f32" }), []],
  ["0 − x is no identity", (x) => sub(0, x), ["constant", "sub"]],
  ["1 / x is no identity", (x) => div(1, x), ["constant", "div"]],
  [
    "a 1 that stretches x is no identity",
    (x, b) => mul(x, b.constant(hostTensor("f32", [1, 1, 1], [1]))),
    ["constant", "mul"],
  ],
  ["constants fold to one", (x, b) => add(x, exp(neg(b.scalar(2)))), ["constant", "add"]],
  [
    "large constants stay expressions",
    (x, b) => add(x, reshape(broadcast(b.scalar(2), { shape: [5000, 1] }), { shape: [5000, 1, 1] })),
    ["constant", "broadcast", "reshape", "add"],
  ],
])("fold: %s", (_, build, left) => expect(folded(build)).toEqual(left));

test("fold rounds what it computes to f32", () => {
  const graph = foldConstants(graphOf((b) => b.output("y", div(b.scalar(1), 3))));
  expect(graph.nodes.at(-1)?.attrs["value"]).toEqual(hostTensor("f32", [], [1 / 3]));
});

test("common subexpressions: equal ops on equal inputs become one, different attributes do not", () => {
  const graph = graphOf((b) => {
    const x = b.input("x", f32(4));
    b.output("y", add(exp(x), mul(exp(x), exp(neg(x)))));
    b.output("a", reshape(x, { shape: [2, 2] }));
    b.output("b", reshape(x, { shape: [4, 1] }));
    b.output("c", reshape(x, { shape: [2, 2] }));
  });
  expect(names(eliminateCommonSubexpressions(graph))).toEqual([
    "exp",
    "neg",
    "exp",
    "mul",
    "add",
    "reshape",
    "reshape",
  ]);
});

test("common subexpressions: a graph spliced in twice on the same inputs is there once", () => {
  fc.assert(
    fc.property(anyGraph, ({ graph }) => {
      const b = new GraphBuilder();
      const inputs = Object.fromEntries(graph.inputs.map(({ name, value }) => [name, b.input(name, value.type)]));
      for (const copy of [0, 1])
        for (const [name, y] of Object.entries(b.inline(graph, inputs))) b.output(`${name}/${copy}`, y);
      const once = eliminateCommonSubexpressions(graph).nodes.length;
      expect(eliminateCommonSubexpressions(b.finish()).nodes.length).toBe(once);
    }),
    { numRuns: 50 },
  );
});

test("attributes compare by content, whatever their order", () => {
  expect(attrsKey({ a: 1, b: [1, 2], c: undefined })).toBe(attrsKey({ b: [1, 2], a: 1 }));
  const key = (x: number) => attrsKey({ value: hostTensor("f32", [], [x]) });
  expect(new Set([0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(key)).size).toBe(6);
  expect(attrsKey({ value: hostTensor("f32", [], [1]) })).not.toBe(attrsKey({ value: hostTensor("i32", [], [1]) }));
});

test("dead code: exactly the nodes that no output needs go; inputs stay", () => {
  fc.assert(
    fc.property(anyGraph, ({ graph }) => {
      const after = eliminateDeadCode(graph);
      const read = new Set(
        [...after.nodes.flatMap(({ inputs }) => inputs), ...after.outputs.map(({ value }) => value)].map(
          ({ id }) => id,
        ),
      );
      expect(after.nodes.every(({ outputs }) => outputs.some(({ id }) => read.has(id)))).toBe(true);
      expect(after.inputs).toEqual(graph.inputs);
    }),
    { numRuns: 50 },
  );
});

const gated = graphOf((b) => b.output("y", softmax(swiglu(b.input("gate", f32(2, 3)), b.input("up", f32(2, 3))))));

test("decompose keeps the composites chosen by op or by node", () => {
  expect(names(decompose(gated, (op) => op.name === "swiglu"))).toEqual([
    "swiglu",
    "reduceMax",
    "sub",
    "exp",
    "reduceSum",
    "div",
  ]);
  expect(
    names(decompose(gated, ({ name }, { inputs }) => name === "softmax" && inputs[0]?.type.shape[1] === 3)),
  ).toEqual(["sigmoid", "mul", "mul", "softmax"]);
});

test("passes keep names, scopes and replacements", () => {
  const graph = graphOf((b) => {
    const x = b.input("state", f32(2));
    b.input("unread", i32());
    b.output(
      "next",
      b.scope("outer", () => mul(swiglu(x, x), 1)),
      { replaces: "state" },
    );
  });
  expect(printGraph(optimize(graph, { verify: true }))).toMatchInlineSnapshot(`
    "%0: f32[2] = input "state"
    %1: i32[] = input "unread"
    # outer
    %2: f32[2] = sigmoid(%0)
    %3: f32[2] = mul(%0, %2)
    %4: f32[2] = mul(%3, %0)
    output "next" = %4 replaces "state"
    "
  `);
});

test("optimize with verify names the pass after which a graph is broken", () => {
  const graph = graphOf((b) => b.output("y", sigmoid(b.input("x", f32(2)))));
  const broken: Graph = { ...graph, inputs: [...graph.inputs, ...graph.inputs] };
  expect(thrown(() => optimize(broken, { verify: true })).message).toContain('after pass "dead code (before)"');
});

describe("autocast", () => {
  const by = Object.keys(transformerWeights);
  const plain = differentiate(transformerLoss(), { of: "loss", by });
  const mixed = autocast(plain, { to: "f16" });
  const casts = mixed.nodes.filter(({ op }) => op.name === "cast");

  test("changes only the types of the operands it rounds, and rounds each once", () => {
    checkGraph(mixed);
    expect(mixed.outputs.map(({ value }) => formatType(value.type))).toEqual(
      plain.outputs.map(({ value }) => formatType(value.type)),
    );
    const work = (graph: Graph) => graph.nodes.filter(({ op }) => !/^(cast|reshape)$/.test(op.name));
    const rest = work(mixed);
    expect(rest.map(({ op }) => op.name)).toEqual(work(plain).map(({ op }) => op.name));
    expect(new Set(casts.map(({ inputs: [x] }) => x?.id)).size).toBe(casts.length);
    for (const { inputs } of rest.filter(({ op }) => op.name === "matmul"))
      expect(inputs.map(({ type }) => type.dtype)).toEqual(["f16", "f16"]);
    for (const { op, inputs } of rest.filter(({ op }) => /^(rmsNorm|rope|add)/.test(op.name)))
      expect(
        inputs.every(({ type }) => type.dtype === "f32"),
        op.name,
      ).toBe(true);
    expect(autocast(mixed, { to: "f16" }).nodes).toHaveLength(mixed.nodes.length);
  });

  test("a value that is read under two shapes is rounded once", () => {
    const graph = graphOf((builder) => {
      const x = exp(builder.input("x", f32(2, 4)));
      const y = reshape(x, { shape: [4, 2] });
      builder.output("z", matmul(x, y));
      builder.output("w", matmul(y, builder.input("b", f32(2, 1))));
    });
    const rounded = autocast(graph, { to: "f16" }).nodes.filter(({ op }) => op.name === "cast");
    expect(rounded.map(({ inputs: [x] }) => formatType(x?.type ?? f32()))).toEqual(["f32[2,4]", "f32[2,1]"]);
  });

  test("gradients differ by no more than f16 rounding does to a chain of products", () => {
    const [got, want] = [evaluate(mixed, transformerInputs()), evaluate(plain, transformerInputs())];
    // An operand is off by 2^-11 of itself at most; about twenty products follow each other on the way down and back.
    for (const [name, { data }] of Object.entries(want)) {
      const largest = Math.max(...data.map(Math.abs));
      const off = Math.max(...data.map((x, i) => Math.abs(x - (got[name]?.data[i] as number))));
      expect(off / largest, name).toBeLessThan(20 * 2 ** -11);
      expect(off, name).toBeGreaterThan(0);
    }
  });
});
