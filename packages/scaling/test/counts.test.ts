// Parameters and FLOPs against published sizes and against sums over an enumerated list of matrices.
import { CambiumError } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  forwardFlops,
  growthFactor,
  type ModelShape,
  paperGrowthFactor,
  parameterCounts,
  sixND,
  trainFlops,
} from "../src/index.js";

/** The paper's models: 6 and 24 layers of 2048. */
const paper = (layers: number): ModelShape => ({
  layers,
  hidden: 2048,
  heads: 32,
  kvHeads: 32,
  headDim: 64,
  intermediate: 5632,
  vocab: 32000,
  tied: false,
});

const shapes = fc
  .record({
    layers: fc.integer({ min: 1, max: 5 }),
    hidden: fc.integer({ min: 1, max: 40 }),
    kvHeads: fc.integer({ min: 1, max: 4 }),
    group: fc.integer({ min: 1, max: 3 }),
    headDim: fc.integer({ min: 1, max: 16 }),
    intermediate: fc.integer({ min: 1, max: 60 }),
    vocab: fc.integer({ min: 1, max: 99 }),
    tied: fc.boolean(),
  })
  .map(({ group, ...rest }): ModelShape => ({ ...rest, heads: rest.kvHeads * group }));

/** [rows, columns] of every matrix of a layer, written out. */
function layerMatrices(s: ModelShape): [number, number][] {
  const [q, kv] = [s.heads * s.headDim, s.kvHeads * s.headDim];
  const attention: [number, number][] = [
    [q, s.hidden],
    [kv, s.hidden],
    [kv, s.hidden],
    [s.hidden, q],
  ];
  return [...attention, [s.intermediate, s.hidden], [s.intermediate, s.hidden], [s.hidden, s.intermediate]];
}

const area = (matrices: [number, number][]) => matrices.reduce((sum, [rows, columns]) => sum + rows * columns, 0);

describe("parameterCounts", () => {
  it("gives the paper's sizes: 308M and 1.233B without embeddings, 439M and 1.364B with", () => {
    expect(parameterCounts(paper(6))).toEqual({ total: 439_379_968, nonEmbedding: 308_307_968 });
    expect(parameterCounts(paper(24))).toEqual({ total: 1_364_297_728, nonEmbedding: 1_233_225_728 });
  });

  it("adds up the tensors of any shape", () => {
    fc.assert(
      fc.property(shapes, (s) => {
        const embeddings = (s.tied ? 1 : 2) * s.vocab * s.hidden;
        const nonEmbedding = s.layers * (area(layerMatrices(s)) + 2 * s.hidden) + s.hidden;
        expect(parameterCounts(s)).toEqual({ total: nonEmbedding + embeddings, nonEmbedding });
      }),
    );
  });

  it("refuses impossible shapes with every reason", () => {
    const wrong = { ...paper(6), layers: 0, hidden: 2.5, vocab: Number.NaN };
    expect(() => parameterCounts(wrong)).toThrow(CambiumError);
    try {
      parameterCounts(wrong);
    } catch (error) {
      expect((error as CambiumError).code).toBe("E_SCALING_SHAPE");
      expect((error as CambiumError).details.reasons?.map((reason) => reason.where)).toEqual([
        "layers",
        "hidden",
        "vocab",
      ]);
    }
    expect(() => parameterCounts({ ...paper(6), kvHeads: 5 })).toThrow(
      expect.objectContaining({ code: "E_SCALING_SHAPE" }),
    );
  });
});

describe("flops", () => {
  it("counts two per multiply-add of every matrix and every score", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 17 }), (s, T) => {
        let causalPairs = 0;
        for (let query = 0; query < T; query++) for (let key = 0; key <= query; key++) causalPairs++;
        const weights = s.layers * area(layerMatrices(s)) + s.vocab * s.hidden;
        const perPair = 2 * s.layers * s.heads * s.headDim; // q·k and p·v
        expect(forwardFlops(s, T)).toBe(2 * (T * weights + perPair * causalPairs));
        expect(forwardFlops(s, T, "full")).toBe(2 * (T * weights + perPair * T * T));
        expect(trainFlops(s, T)).toBe(3 * forwardFlops(s, T));
        expect(trainFlops({ ...s, tied: !s.tied }, T, "full")).toBe(trainFlops(s, T, "full"));
      }),
    );
  });

  it("agrees with 6ND up to embeddings, norms and scores", () => {
    const { total } = parameterCounts(paper(24));
    expect(sixND(total, 100e9)).toBeCloseTo(8.19e20, -18);
    const perToken = trainFlops(paper(24), 2048) / 2048;
    expect(perToken / sixND(total, 1)).toBeGreaterThan(0.95);
    expect(perToken / sixND(total, 1)).toBeLessThan(1.1);
  });

  it("refuses an empty sequence", () => {
    expect(() => forwardFlops(paper(6), 0)).toThrow(expect.objectContaining({ code: "E_SCALING_INPUT" }));
  });
});

describe("growth factor", () => {
  it("leaves embeddings out: 3.99998 for 6 to 24 layers", () => {
    expect(growthFactor(paper(6), paper(24))).toBeCloseTo(3.99998, 5);
    expect(parameterCounts(paper(24)).total / parameterCounts(paper(6)).total).toBeCloseTo(3.105, 3);
  });

  it("gives the paper's own fit for reference: 19 at Llama2-7B, 221 at 70B", () => {
    expect(paperGrowthFactor({ parameters: 7e9, flops: sixND(7e9, 2e12) })).toBeCloseTo(19, 0);
    expect(Math.round(paperGrowthFactor({ parameters: 70e9, flops: sixND(70e9, 2e12) }))).toBe(221);
  });
});
