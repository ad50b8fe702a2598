// FLOPs counted in graphs compared with the closed form and with a list of matrices; sizes compared with the paper's.
import { countParameters, llama, modelSpec } from "@cambium/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configs } from "../../model/test/support/arbitrary.js";
import { growthFactor, paperGrowthFactor, sixND, stepFlops, tokenFlops } from "../src/index.js";
import { matrices, sequenceFlops } from "./formula.js";

/** The paper's models: 6 and 24 layers of 2048. */
const paper = (layers: number) =>
  modelSpec(llama, {
    layers,
    hidden: 2048,
    heads: 32,
    kvHeads: 32,
    headDim: 64,
    intermediate: 5632,
    vocab: 32000,
    contextLength: 2048,
  });

describe("stepFlops", () => {
  const batches = fc.integer({ min: 1, max: 3 });
  const contexts = fc.integer({ min: 1, max: 12 });

  it("equals the closed form exactly, for any heads, tied or not", () => {
    fc.assert(
      fc.property(configs, batches, contexts, (model, batch, context) => {
        expect(stepFlops(model, { batch, context })).toBe(batch * sequenceFlops(model.config, context));
        expect(tokenFlops(model, context)).toBe(sequenceFlops(model.config, context) / context);
      }),
    );
  });

  it("is 6 per weight and token, and 12 per pair of positions and channel of the heads", () => {
    fc.assert(
      fc.property(configs, contexts, (model, context) => {
        const { config } = model;
        const weights = matrices(config).reduce((sum, [rows, columns]) => sum + rows * columns, 0);
        let pairs = 0;
        for (let query = 0; query < context; query++) for (let key = 0; key < context; key++) pairs++;
        const scores = 12 * config.layers * config.heads * config.headDim * pairs;
        expect(stepFlops(model, { batch: 1, context })).toBe(6 * weights * context + scores);
      }),
    );
  });

  it("is exact for the paper's sizes too, and differs by depth", () => {
    const size = { batch: 1, context: 2048 };
    expect(stepFlops(paper(24), size)).toBe(sequenceFlops(paper(24).config, 2048));
    expect(stepFlops(paper(24), size)).toBe(stepFlops(paper(24), size));
    expect(stepFlops(paper(24), size)).not.toBe(stepFlops(paper(6), size));
  });

  it("agrees with 6ND up to embeddings, norms and scores", () => {
    const { total } = countParameters(paper(24));
    expect(sixND(total, 100e9)).toBeCloseTo(8.19e20, -18);
    expect(tokenFlops(paper(24), 2048) / sixND(total, 1)).toBeGreaterThan(0.95);
    expect(tokenFlops(paper(24), 2048) / sixND(total, 1)).toBeLessThan(1.1);
  });

  it("refuses an empty sequence, one longer than the model's, and a model without a graph", () => {
    const refused = (code: string) => expect.objectContaining({ code });
    expect(() => tokenFlops(paper(6), 0)).toThrow(refused("E_SCALING_INPUT"));
    expect(() => tokenFlops(paper(6), 4096)).toThrow(refused("E_CONTEXT"));
    const { forward: _, ...family } = llama;
    expect(() => tokenFlops({ ...paper(6), family }, 8)).toThrow(refused("E_UNSUPPORTED"));
  });
});

describe("growth factor", () => {
  it("excludes embeddings: 3.99998 for 6 to 24 layers", () => {
    expect(growthFactor(paper(6), paper(24))).toBeCloseTo(3.99998, 5);
    expect(countParameters(paper(24)).total / countParameters(paper(6)).total).toBeCloseTo(3.105, 3);
  });

  it("rests on the paper's sizes: 308M and 1.233B without embeddings, 439M and 1.364B with", () => {
    expect(countParameters(paper(6))).toEqual({ total: 439_379_968, nonEmbedding: 308_307_968 });
    expect(countParameters(paper(24))).toEqual({ total: 1_364_297_728, nonEmbedding: 1_233_225_728 });
  });

  it("gives the paper's own fit for reference: 19 at Llama2-7B, 221 at 70B", () => {
    expect(paperGrowthFactor({ parameters: 7e9, flops: sixND(7e9, 2e12) })).toBeCloseTo(19, 0);
    expect(Math.round(paperGrowthFactor({ parameters: 70e9, flops: sixND(70e9, 2e12) }))).toBe(221);
  });
});
