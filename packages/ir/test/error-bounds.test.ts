// Bounds on errors: f32 roundings in any order stay within them, and moved elements have none.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  add,
  applyReference,
  errorBounds,
  evaluate,
  everyOp,
  expectGraph,
  f32,
  GraphBuilder,
  hostTensor,
  matmul,
  type Node,
  type RefTensor,
  RoundingSpread,
  reduceSum,
  refTensor,
  reshape,
  sampleGraph,
  sampleInputs,
} from "../src/index.js";

/** The bounds of the last node of a graph, and its result in float64. */
function bounded(graph: ReturnType<GraphBuilder["finish"]>, inputs: readonly RefTensor[]) {
  const node = graph.nodes.at(-1) as Node;
  const exact = applyReference(node, inputs, "f64");
  return { exact: exact[0] as RefTensor, bounds: errorBounds(node, inputs, exact)[0] as Float64Array };
}

function graphOf(build: (builder: GraphBuilder) => ReturnType<typeof add>) {
  const builder = new GraphBuilder();
  builder.output("y", build(builder));
  return builder.finish();
}

describe("error bounds", () => {
  test("a sum in f32 stays within, forwards, backwards and in pairs", () => {
    const floats = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
    fc.assert(
      fc.property(fc.array(floats, { minLength: 1, maxLength: 200 }), (terms) => {
        const graph = graphOf((builder) => reduceSum(builder.input("x", f32(terms.length)), { axes: [0] }));
        const { exact, bounds } = bounded(graph, [refTensor(hostTensor("f32", [terms.length], terms))]);
        const round = (a: number, b: number) => Math.fround(a + b);
        const pairs = (xs: readonly number[]): number =>
          xs.length < 2 ? (xs[0] ?? 0) : round(pairs(xs.slice(0, xs.length >> 1)), pairs(xs.slice(xs.length >> 1)));
        for (const sum of [terms.reduce(round, 0), terms.toReversed().reduce(round, 0), pairs(terms)])
          expect(Math.abs(sum - (exact.data[0] as number))).toBeLessThanOrEqual(bounds[0] as number);
      }),
    );
  });

  test("a product's bound grows with the inner size", () => {
    const ones = (k: number) => refTensor(hostTensor("f32", [1, k], new Float32Array(k).fill(1)));
    const boundOf = (k: number) => {
      const graph = graphOf((builder) =>
        matmul(builder.input("a", f32(1, k)), builder.input("b", f32(1, k)), { transB: true }),
      );
      return bounded(graph, [ones(k), ones(k)]).bounds[0] as number;
    };
    expect(boundOf(64)).toBeCloseTo(68 * 64 * 2 ** -24, 12);
    expect(boundOf(256) / boundOf(64)).toBeGreaterThan(15);
  });

  test("elements that are only moved have no error", () => {
    const graph = graphOf((builder) => reshape(builder.input("x", f32(2, 3)), { shape: [6] }));
    const { bounds } = bounded(graph, [refTensor(hostTensor("f32", [2, 3], [1, 2, 3, 4, 5, 6]))]);
    expect([...bounds]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("an addition may be as far off as its operands' last places: a fused product has more of them", () => {
    const graph = graphOf((builder) => add(builder.input("a", f32(1)), builder.input("b", f32(1))));
    const [a, b] = [Math.fround(1 / 3), -Math.fround(1 / 3)].map((x) => refTensor(hostTensor("f32", [1], [x])));
    const { bounds } = bounded(graph, [a as RefTensor, b as RefTensor]);
    expect(bounds[0]).toBeCloseTo((2 / 3) * 2 ** -24, 12);
  });

  test("every op's sample, rounded to f32 after each primitive, is within what is expected of it", () => {
    for (const op of everyOp) {
      op.samples.forEach((sample, i) => {
        const [graph, inputs] = [sampleGraph(op, sample), sampleInputs(sample, `${op.name}/${i}`)];
        const got = evaluate(graph, inputs);
        for (const [name, { exact, allowed }] of Object.entries(expectGraph(graph, inputs))) {
          exact.data.forEach((y, k) => {
            const [x, most] = [got[name]?.data[k] as number, typeof allowed === "number" ? allowed : allowed[k]];
            if (!Object.is(x, y) && x !== y && !(Math.abs(x - Math.fround(y)) <= (most as number)))
              throw new Error(`${op.name} #${i}, ${name}[${k}] is ${x}, not ${y}; allowed ${most}`);
          });
        }
      });
    }
  });
});

test("the tolerance is above zero and grows from step to step", () => {
  const graph = graphOf((builder) => add(builder.input("x", f32(3)), 0.1));
  const stepping = { ...graph, outputs: graph.outputs.map((output) => ({ ...output, replaces: "x" })) };
  const spread = new RoundingSpread(stepping, { x: hostTensor("f32", [3], [1, 2, 3]) });
  const [first, , third] = [spread.step({}), spread.step({}), spread.step({})];
  expect(first["y"]?.tolerance).toBeGreaterThan(0);
  expect(third?.["y"]?.tolerance).toBeGreaterThan(first["y"]?.tolerance as number);
  expect(third?.["y"]?.exact.data[0]).toBeCloseTo(1.3, 6);
});
