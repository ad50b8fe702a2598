// Checks of what a family computes: shapes, loss, decoding, gradients and FLOPs, each against an independent result.
import { differentiate, evaluate, gradientName, graphCost, hostTensor, Random, type RefTensor } from "@cambium/ir";
import { expect } from "vitest";
import type { ModelSpec } from "../family.js";
import { cacheNames, cacheShapes, decodeGraph } from "../graphs/decode.js";
import { logitsGraph, lossGraph } from "../graphs/sequence.js";
import { contextLength, modelSizes, parameterTable, sizesAlong } from "../model-spec.js";
import type { FamilyChecks, FlopsSize } from "./checks.js";
import { distance, f64, logits, randomTokens, randomWeights, rounding, size, type Weights } from "./support.js";

export const computingChecks: FamilyChecks = ({ model, flops = denseFlops }) => {
  const table = parameterTable(model);
  const { vocab = 0 } = modelSizes(model);
  const weights = randomWeights(model);
  const tokens = randomTokens(model, [size.batch, size.context + 1]);
  const loss = lossGraph(model, size);
  const lossOf = (parameters: Weights) =>
    evaluate(loss, { ...parameters, tokens }, { precision: "f64" })["loss"]?.data[0] as number;

  return {
    "graphs take the parameters of the table, in its order": () => {
      const parameters = table.map(({ name, shape }) => [name, shape]);
      for (const [graph, context] of [
        [loss, size.context + 1],
        [logitsGraph(model, size), size.context],
      ] as const) {
        const inputs = graph.inputs.map(({ name, value }) => [name, value.type.shape]);
        expect(inputs).toEqual([...parameters, ["tokens", [size.batch, context]]]);
      }
      expect(logitsGraph(model, size).outputs[0]?.value.type.shape).toEqual([size.batch, size.context, vocab]);
    },

    "a sequence longer than the context is refused": () => {
      const context = contextLength(model) + 1;
      if (!Number.isFinite(context)) return;
      expect(() => lossGraph(model, { batch: 1, context })).toThrow(expect.objectContaining({ code: "E_CONTEXT" }));
    },

    "with a head of zeros the loss is ln(vocab)": () => {
      const head = table.filter(({ kind, alias }) => kind === "head" || alias !== undefined);
      expect(head).toHaveLength(1);
      const zeros = head.map(({ name, shape }) => [
        name,
        f64(
          shape,
          (weights[name] as RefTensor).data.map(() => 0),
        ),
      ]);
      // A sum of `vocab` ones and its logarithm, in float64.
      expect(lossOf({ ...weights, ...Object.fromEntries(zeros) })).toBeCloseTo(Math.log(vocab), 12);
    },

    "decoding token by token, and by two, gives the logits of the whole sequence": () => {
      const whole = logits(model, weights);
      for (const chunk of [1, 2]) expect(distance(decoded(model, weights, chunk), whole)).toBeLessThan(rounding);
    },

    "gradients equal differences of the loss, and every parameter has one": () => {
      const by = table.map(({ name }) => name);
      const graph = differentiate(loss, { of: "loss", by });
      const outputs = evaluate(graph, { ...weights, tokens }, { precision: "f64" });
      const step = 1e-6;
      for (const name of by) {
        const gradient = (outputs[gradientName(name)] as RefTensor).data;
        const { type, data } = weights[name] as RefTensor;
        const random = new Random(`family/direction/${name}`);
        const direction = data.map((_, i) => random.normal(i));
        const moved = (by: number) =>
          f64(
            type.shape,
            data.map((x, i) => x + by * (direction[i] as number)),
          );
        const measured =
          (lossOf({ ...weights, [name]: moved(step) }) - lossOf({ ...weights, [name]: moved(-step) })) / (2 * step);
        const slope = gradient.reduce((sum, g, i) => sum + g * (direction[i] as number), 0);
        const most = gradient.reduce((all, g) => Math.max(all, Math.abs(g)), 0);
        // Central differences: the third derivative times 1e-12, and rounding of a loss of a few nats, 1e-15 / 1e-6.
        expect(Math.abs(measured - slope), name).toBeLessThan(1e-7 * Math.max(1, Math.abs(slope)));
        expect(most, `${name} gets no gradient`).toBeGreaterThan(1e-9);
      }
    },

    "matrix FLOPs of the graph equal the closed form": () => {
      for (const one of [size, { batch: 1, context: 2 * size.context }])
        expect(graphCost(lossGraph(model, one)).matrixFlops).toBe(flops(model, one));
    },
  };
};

/** Logits [batch, context, vocab], decoded in chunks with a cache that starts with arbitrary finite numbers. */
function decoded(model: ModelSpec, weights: Weights, chunk: number): Float64Array {
  const { batch, context } = size;
  const { vocab } = sizesAlong(model, ["vocab"]);
  const tokens = randomTokens(model, [batch, context]).data;
  const graph = decodeGraph(model, { batch, context, chunk });
  let caches: Record<string, RefTensor> = Object.fromEntries(
    cacheShapes(model, { batch, context }).flatMap((shape, layer) =>
      Object.values(cacheNames(layer)).map((name) => {
        return [name, f64(shape, new Float64Array(shape.reduce((all, n) => all * n, 1)).fill(3))];
      }),
    ),
  );
  const whole = new Float64Array(batch * context * vocab);
  for (let position = 0; position < context; position += chunk) {
    const ids = Array.from({ length: batch * chunk }, (_, i) => {
      return tokens[Math.floor(i / chunk) * context + position + (i % chunk)] as number;
    });
    for (let last = 0; last < chunk; last++) {
      const outputs = evaluate(
        graph,
        {
          ...weights,
          ...caches,
          token: hostTensor("i32", [batch, chunk], ids),
          position: hostTensor("i32", [], [position]),
          ...(chunk > 1 && { last: hostTensor("i32", [], [last]) }),
        },
        { precision: "f64" },
      );
      const rows = (outputs["logits"] as RefTensor).data;
      for (let b = 0; b < batch; b++)
        whole.set(rows.subarray(b * vocab, (b + 1) * vocab), (b * context + position + last) * vocab);
      if (last === chunk - 1)
        caches = Object.fromEntries(Object.keys(caches).map((name) => [name, outputs[name] as RefTensor]));
    }
  }
  return whole;
}

/** Two FLOPs per token and weight of a matrix, and per score (query · key) and weighted value entry of attention. */
function denseFlops(model: ModelSpec, { batch, context }: FlopsSize): number {
  const { layers, heads, headDim } = sizesAlong(model, ["layers", "heads", "headDim"]);
  const weights = parameterTable(model)
    .filter(({ kind, alias }) => kind === "linear" || kind === "head" || alias !== undefined)
    .reduce((sum, { shape }) => sum + shape.reduce((all, n) => all * n, 1), 0);
  return 2 * batch * context * weights + 4 * batch * layers * heads * headDim * context ** 2;
}
