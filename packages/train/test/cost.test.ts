// What a step costs, as the graph counts it, against formulas over the model's shape.
import { nullBackend } from "@cambium/backend";
import { graphCost } from "@cambium/ir";
import {
  countParameters,
  type DecoderConfig,
  llama,
  type ModelSpec,
  modelSpec,
  parameterTable,
  plainPhase,
} from "@cambium/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configs } from "../../model/test/support/arbitrary.js";
import { accumulatedStepGraphs, defaultOptimizer, Trainer, type TrainerOptions, trainStepGraph } from "../src/index.js";

const optimizer = defaultOptimizer;
const size = { batch: 2, context: 8 };

/** 3 · forward; forward is 2T[L(2dHe + 2dKe + 3dF) + Vd] + 4LHeT², scores in full. */
function formula({ config }: ModelSpec<DecoderConfig>, context: number): number {
  const { layers: L, hidden: d, heads: H, kvHeads: K, headDim: e, intermediate: F, vocab: V } = config;
  return 3 * (2 * context * (L * (2 * d * H * e + 2 * d * K * e + 3 * d * F) + V * d) + 4 * L * H * e * context ** 2);
}

describe("matrix work", () => {
  it("of a train step is three times the forward pass, exactly", () => {
    fc.assert(
      fc.property(
        configs,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 12 }),
        (config, batch, context) => {
          const graph = trainStepGraph(config, { batch, context, optimizer });
          expect(graphCost(graph).matrixFlops).toBe(batch * formula(config, context));
        },
      ),
      { numRuns: 30 },
    );
  });

  it("lies with the micro-batches where gradients are accumulated", () => {
    fc.assert(
      fc.property(configs, (config) => {
        const graphs = accumulatedStepGraphs(config, { ...size, optimizer, accumulation: 4 });
        expect(graphCost(graphs.accumulate).matrixFlops).toBe(size.batch * formula(config, size.context));
        expect(graphCost(graphs.apply).matrixFlops).toBe(0);
      }),
      { numRuns: 10 },
    );
  });
});

const config = modelSpec(llama, {
  vocab: 256,
  hidden: 64,
  intermediate: 172,
  layers: 4,
  heads: 4,
  contextLength: 64,
});

function open(options: Partial<TrainerOptions>, body: (trainer: Trainer) => void) {
  return nullBackend.open().then(async (device) => {
    using trainer = await Trainer.open({ device, model: config, batch: 4, context: 64, ...options });
    body(trainer);
  });
}

describe("a trainer's cost", () => {
  it("counts micro-batches in FLOPs and tokens", async () => {
    await open({ accumulation: 3 }, (trainer) => {
      expect(trainer.tokensPerStep).toBe(3 * 4 * 64);
      expect(trainer.flopsPerStep).toBe(3 * 4 * formula(config, 64));
    });
  });

  it("leaves out the gradients of frozen weights, and nothing else", async () => {
    await open({ phase: { ...plainPhase, frozen: ["lm_head.weight", "model.embed_tokens.weight"] } }, (trainer) => {
      // The loss gives both its gradients at once.
      expect(trainer.flopsPerStep).toBe(4 * formula(config, 64));
    });
    const linear = parameterTable(config).filter(({ kind }) => kind === "linear");
    const frozen = linear.map(({ name }) => name);
    await open({ phase: { ...plainPhase, frozen } }, (trainer) => {
      const { nonEmbedding } = countParameters(config);
      const norms = (2 * config.config.layers + 1) * config.config.hidden;
      expect(trainer.flopsPerStep).toBe(4 * (formula(config, 64) - 2 * 64 * (nonEmbedding - norms)));
    });
  });

  it("counts bytes: parameters, moments, and values in exact proportion to the batch", async () => {
    const { layers: L, hidden: d, intermediate: F, heads: H, vocab: V } = config.config;
    const context = 64;
    const N = countParameters(config).total;
    const counted: number[] = [];
    for (const batch of [4, 8, 16])
      await open({ batch, context }, (trainer) => void counted.push(trainer.countedBytes));
    const [one, two, four] = counted as [number, number, number];
    expect(four - two).toBe(2 * (two - one));
    // At the peak, early in the backward pass, few gradients exist yet: between 3 and 4 copies of the parameters.
    const fixed = one - (two - one);
    expect(fixed).toBeGreaterThanOrEqual(4 * 3 * N);
    expect(fixed).toBeLessThan(4 * 4 * N);
    // Each layer keeps at least its two normed inputs, q, k, v, gate and up; and no more than twice all it ever names:
    // some twelve values of width d, four of width F, a row of scores a head.
    const perToken = (two - one) / (4 * context);
    expect(perToken).toBeGreaterThan(4 * L * (5 * d + 2 * F));
    expect(perToken).toBeLessThan(4 * (2 * L * (12 * d + 4 * F + H * context) + 4 * V));
    await open({ accumulation: 2, context }, (trainer) => expect(trainer.countedBytes).toBe(one + 4 * N));
  });
});
