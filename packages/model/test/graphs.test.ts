// The shape of the graphs, and decoding with a cache against the logits of whole sequences.
import { evaluate, type HostTensor, hostTensor, numel, type RefTensor, toHost } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cacheNames,
  cacheShapes,
  decodeGraph,
  grownModel,
  initParameters,
  llama,
  logitsGraph,
  lossGraph,
  modelSpec,
  parameterTable,
} from "../src/index.js";
import { configs } from "./support/arbitrary.js";
import { distance } from "./support/golden.js";

const config = modelSpec(llama, {
  ...{ vocab: 256, hidden: 32, intermediate: 44, layers: 4, heads: 4, contextLength: 16 },
});

describe("lossGraph", () => {
  const graph = lossGraph(config, { batch: 2, context: 16 });

  it("takes the parameters in table order, then tokens", () => {
    const inputs = graph.inputs.map(({ name, value: { type } }) => [name, type.dtype, type.shape]);
    const parameters = parameterTable(config).map(({ name, shape }) => [name, "f32", shape]);
    expect(inputs).toEqual([...parameters, ["tokens", "i32", [2, 17]]]);
    expect(graph.outputs.map(({ name, value: { type } }) => [name, type.dtype, type.shape])).toEqual([
      ["loss", "f32", []],
    ]);
  });

  it("has the same number of nodes in every layer, shares the rotary tables, and labels nodes", () => {
    const nodes = (layers: number) => lossGraph(grownModel(config, { layers }), { batch: 2, context: 16 }).nodes;
    expect(nodes(4).length - nodes(3).length).toBe(nodes(3).length - nodes(2).length);
    expect(graph.nodes.filter(({ op }) => op.name === "constant")).toHaveLength(2);
    const labels = new Set(graph.nodes.map(({ scope }) => scope));
    expect(labels).toContain("layers.3.attention");
    expect(labels).toContain("layers.3.mlp");
  });

  it("projects with plain matrix products, so that weight gradients are plain matrix products too", () => {
    const products = graph.nodes.filter(({ op }) => op.name === "matmul");
    expect(products).toHaveLength(7 * config.config.layers);
    for (const { inputs } of products) expect(inputs.map(({ type }) => type.shape.length)).toEqual([2, 2]);
  });

  it.each([lossGraph, logitsGraph, decodeGraph])("refuses a sequence longer than the context", (build) => {
    expect(() => build(config, { batch: 1, context: 17 })).toThrow(expect.objectContaining({ code: "E_CONTEXT" }));
  });
});

describe("decodeGraph", () => {
  /** Logits [batch, vocab] after each chunk, with the cache carried over; `fill` is the cache's initial value. */
  function decode(
    model: typeof config,
    parameters: Record<string, HostTensor>,
    tokens: number[][],
    { context, chunk, fill }: { context: number; chunk: number; fill: number },
  ): { at: number; logits: Float64Array }[] {
    const batch = tokens.length;
    const length = tokens[0]?.length ?? 0;
    const graph = decodeGraph(model, { batch, context, chunk });
    const [shape = []] = cacheShapes(model, { batch, context });
    let caches: Record<string, HostTensor> = {};
    for (let layer = 0; layer < model.config.layers; layer++) {
      for (const name of Object.values(cacheNames(layer))) {
        const data = new Float32Array(numel(shape)).fill(fill);
        caches[name] = hostTensor("f32", shape, data);
      }
    }
    const results = [];
    for (let position = 0; position < length; position += chunk) {
      const present = Math.min(chunk, length - position);
      const ids = tokens.flatMap((row) => Array.from({ length: chunk }, (_, i) => row[position + i] ?? 0));
      const outputs = evaluate(graph, {
        ...parameters,
        ...caches,
        token: hostTensor("i32", [batch, chunk], ids),
        position: hostTensor("i32", [], [position]),
        ...(chunk > 1 && { last: hostTensor("i32", [], [present - 1]) }),
      });
      caches = Object.fromEntries(Object.keys(caches).map((name) => [name, toHost(outputs[name] as RefTensor)]));
      results.push({ at: position + present - 1, logits: outputs.logits?.data as Float64Array });
    }
    return results;
  }

  it("gives the logits of the whole sequence, token by token and in padded chunks", () => {
    const cases = fc.record({
      model: configs,
      batch: fc.integer({ min: 1, max: 2 }),
      length: fc.integer({ min: 1, max: 9 }),
      spare: fc.integer({ min: 0, max: 3 }),
      chunk: fc.integer({ min: 1, max: 5 }),
      seed: fc.string(),
    });
    fc.assert(
      fc.property(cases, ({ model, batch, length, spare, chunk, seed }) => {
        const parameters = initParameters(model, { seed, scheme: "hf" });
        const tokens = Array.from({ length: batch }, (_, b) =>
          Array.from({ length }, (_, i) => (7 * i + 3 * b + i * i) % model.config.vocab),
        );
        const whole = evaluate(logitsGraph(model, { batch, context: length }), {
          ...parameters,
          tokens: hostTensor("i32", [batch, length], tokens.flat()),
        }).logits?.data as Float64Array;
        const vocab = model.config.vocab;
        for (const { at, logits } of decode(model, parameters, tokens, { context: length + spare, chunk, fill: 3 })) {
          const expected = tokens.flatMap((_, b) => {
            const row = (b * length + at) * vocab;
            return [...whole.subarray(row, row + vocab)];
          });
          // Two f32 evaluations of the same numbers in another order: a few roundings per layer.
          expect(distance(logits, expected)).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it("replaces its caches", () => {
    const { outputs } = decodeGraph(config, { batch: 1, context: 8 });
    const replaced = outputs.filter(({ replaces }) => replaces !== undefined);
    expect(replaced).toHaveLength(2 * config.config.layers);
    expect(replaced.every(({ name, replaces }) => name === replaces)).toBe(true);
  });
});
