// Recomputed activations: the same bits wherever the forward pass is cut, fewer bytes alive at once, and as little work
// done twice as the bound allows.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkGraph,
  decompose,
  differentiate,
  fitMemory,
  forwardPass,
  type Graph,
  graphCost,
  liveness,
  optimize,
  recompute,
} from "../src/index.js";
import { expectSameOutputs, transformerInputs, transformerLoss, transformerWeights } from "./support.js";

const step = differentiate(transformerLoss(), { of: "loss", by: Object.keys(transformerWeights) });
const bytesOf = (graph: Graph) => liveness(graph).inputBytes + liveness(graph).peakBytes;
const products = (graph: Graph) => graph.nodes.filter(({ op }) => op.name === "matmul").length;

describe.each([
  ["with composites", step],
  ["in primitives", decompose(step)],
])("a step %s", (_, graph) => {
  test("keeps every output to the bit, wherever it is cut", () => {
    const forward = forwardPass(graph, "loss");
    const cuts = fc.subarray(forward.nodes.map((_node, i) => i));
    fc.assert(
      fc.property(cuts, (at) => {
        const again = recompute(graph, forward, at);
        checkGraph(again, "recomputed");
        expectSameOutputs(again, graph, transformerInputs());
        expectSameOutputs(optimize(again), graph, transformerInputs());
      }),
      { numRuns: 30 },
    );
  });

  test("is not undone by merging equal nodes", () => {
    const forward = forwardPass(graph, "loss");
    const merged = (one: Graph) => products(optimize(one, { keep: () => true }));
    expect(merged(recompute(graph, forward, forward.cuts))).toBeGreaterThan(merged(graph));
  });
});

test("the valleys of a transformer are where only its residual stream passes", () => {
  const { cuts, crossing, nodes } = forwardPass(step, "loss");
  expect(cuts.map((cut) => crossing[cut]?.map(({ type }) => type.shape))).toEqual(Array(4).fill([[2, 4, 8]]));
  // The first layer begins with rows of the embedding table, which are available everywhere, so only its norm and its
  // attention cross.
  expect(cuts.map((cut) => nodes[cut]?.op.name)).toEqual(["rmsNorm", "causalAttention", "add", "add"]);
});

describe("fitMemory", () => {
  const whole = bytesOf(step);
  const least = fitMemory(step, { of: "loss", bytes: 1 }).bytes;

  test("does not change a graph that fits", () => {
    expect(fitMemory(step, { of: "loss", bytes: whole })).toEqual({ graph: step, bytes: whole, recomputedFlops: 0 });
  });

  test("fits into any bound that can be met, and reports the extra work", () => {
    expect(least).toBeLessThan(whole);
    fc.assert(
      fc.property(fc.integer({ min: least, max: whole - 1 }), (bytes) => {
        const fitted = fitMemory(step, { of: "loss", bytes });
        expect(bytesOf(fitted.graph)).toBe(fitted.bytes);
        expect(fitted.bytes).toBeLessThanOrEqual(bytes);
        expect(fitted.recomputedFlops).toBe(graphCost(fitted.graph).matrixFlops - graphCost(step).matrixFlops);
        expect(fitted.recomputedFlops).toBeGreaterThanOrEqual(0);
        expectSameOutputs(fitted.graph, step, transformerInputs());
      }),
      { numRuns: 30 },
    );
  });

  test("more memory never costs more work", () => {
    const bounds = Array.from({ length: 12 }, (_, i) => least + Math.ceil(((whole - least) * i) / 11));
    const work = bounds.map((bytes) => fitMemory(step, { of: "loss", bytes }).recomputedFlops);
    expect(work).toEqual(work.toSorted((a, b) => b - a));
  });

  test("takes the fewest bytes if a bound cannot be met", () => {
    const [below, at] = [least - 1, least].map((bytes) => fitMemory(step, { of: "loss", bytes }));
    expect([below?.bytes, at?.bytes]).toEqual([least, least]);
  });

  test("fits by the caller's measure", () => {
    const measure = (graph: Graph) => 2 * bytesOf(graph) + 7;
    const fitted = fitMemory(step, { of: "loss", bytes: 2 * least + 8, measure });
    expect(fitted.bytes).toBe(measure(fitted.graph));
    expect(fitted.bytes).toBe(2 * least + 7);
  });
});
