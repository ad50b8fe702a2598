// What a step costs, as the graph counts it, against formulas over the model's shape.
import { nullBackend } from "@cambium/backend";
import { countParameters, embeddingName, type LlamaConfig, llamaConfig, parameterTable } from "@cambium/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configs } from "../../model/test/support/arbitrary.js";
import { accumulatedStepGraphs, defaultOptimizer, matrixFlops, Trainer, type TrainerOptions, trainStepGraph } from "../src/index.js";

const optimizer = defaultOptimizer;
const size = { batch: 2, time: 8 };

/** 3 · forward; forward is 2T[L(2dHe + 2dKe + 3dF) + Vd] + 4LHeT², scores in full (GROWTH.md 7.3). */
function formula(config: LlamaConfig, time: number): number {
  const { layers: L, hiddenSize: d, heads: H, kvHeads: K, headDim: e, intermediateSize: F, vocabSize: V } = config;
  return 3 * (2 * time * (L * (2 * d * H * e + 2 * d * K * e + 3 * d * F) + V * d) + 4 * L * H * e * time ** 2);
}

describe("matrixFlops", () => {
  it("of a train step is three times the forward pass, exactly", () => {
    fc.assert(
      fc.property(configs, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 12 }), (config, batch, time) => {
        const graph = trainStepGraph(config, { batch, time, optimizer });
        expect(matrixFlops(graph)).toBe(batch * formula(config, time));
      }),
      { numRuns: 30 },
    );
  });

  it("lies with the micro-batches where gradients are accumulated", () => {
    fc.assert(
      fc.property(configs, (config) => {
        const graphs = accumulatedStepGraphs(config, { ...size, optimizer, accumulation: 4 });
        expect(matrixFlops(graphs.accumulate)).toBe(size.batch * formula(config, size.time));
        expect(matrixFlops(graphs.apply)).toBe(0);
      }),
      { numRuns: 10 },
    );
  });
});

const config = llamaConfig({ vocabSize: 256, hiddenSize: 64, intermediateSize: 172, layers: 4, heads: 4, contextLength: 64 });

function open(options: Partial<TrainerOptions>, body: (trainer: Trainer) => void) {
  return nullBackend.open().then(async (device) => {
    using trainer = await Trainer.open({ device, config, batch: 4, time: 64, ...options });
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
    const { hiddenSize: d, vocabSize: V } = config;
    await open({ frozen: new Set(["lm_head.weight", embeddingName]) }, (trainer) => {
      // The loss gives both its gradients at once.
      expect(trainer.flopsPerStep).toBe(4 * formula(config, 64));
    });
    const linear = parameterTable(config).filter(({ kind }) => kind === "linear");
    const frozen = new Set(linear.map(({ name }) => name));
    await open({ frozen }, (trainer) => {
      const { nonEmbedding } = countParameters(config);
      const norms = (2 * config.layers + 1) * d;
      expect(trainer.flopsPerStep).toBe(4 * (formula(config, 64) - 2 * 64 * (nonEmbedding - norms)));
      expect(V).toBe(256);
    });
  });

  it("counts bytes: four copies of the parameters, and activations in proportion to the tokens", async () => {
    const N = countParameters(config).total;
    const counted: number[] = [];
    for (const batch of [4, 8, 16]) await open({ batch }, (trainer) => void counted.push(trainer.countedBytes));
    const [one, two, four] = counted as [number, number, number];
    console.log(N * 16, counted, two - one, four - two);
    await open({ accumulation: 2 }, (trainer) => console.log(trainer.countedBytes, trainer.countedBytes - one, 4 * N));
  });
});
