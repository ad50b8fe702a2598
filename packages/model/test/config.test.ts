// Our configuration: defaults, and every reason at once when it does not hold.
import { CambiumError } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LlamaConfig, llamaConfig } from "../src/index.js";
import { configs } from "./support/arbitrary.js";

const sizes = { vocabSize: 256, hiddenSize: 64, intermediateSize: 172, layers: 2, heads: 4, contextLength: 128 };

function reasonsOf(input: object): string[] {
  try {
    llamaConfig(input as LlamaConfig);
  } catch (error) {
    expect(error).toBeInstanceOf(CambiumError);
    expect((error as CambiumError).code).toBe("E_CONFIG");
    return ((error as CambiumError).details.reasons ?? []).map(({ where }) => where as string);
  }
  return [];
}

describe("llamaConfig", () => {
  it("fills in what is left out", () => {
    const defaults = {
      ropeTheta: 10000,
      ropeScaling: null,
      rmsNormEps: 1e-5,
      tieEmbeddings: false,
      initializerRange: 0.02,
    };
    expect(llamaConfig(sizes)).toEqual({ ...sizes, ...defaults, kvHeads: 4, headDim: 16 });
    expect(llamaConfig({ ...sizes, kvHeads: undefined, headDim: 8 })).toMatchObject({ kvHeads: 4, headDim: 8 });
  });

  it("keeps a valid configuration as it is", () => {
    fc.assert(
      fc.property(configs, (config) => {
        expect(llamaConfig(config)).toEqual(config);
      }),
    );
  });

  const wrong: Partial<Record<keyof LlamaConfig, unknown[]>> = {
    vocabSize: [0, -1, 1.5, "256", null, Number.NaN, 2 ** 31],
    hiddenSize: [0],
    intermediateSize: [Number.POSITIVE_INFINITY],
    layers: [0],
    heads: [0, "4"],
    kvHeads: [0, 3, 8],
    headDim: [0, 7, 2.5],
    contextLength: [0],
    ropeTheta: [0, -1, "10000"],
    ropeScaling: [
      {},
      { type: "yarn", factor: 2 },
      { type: "linear" },
      { type: "linear", factor: 0 },
      { type: "llama3", factor: 8 },
      4,
    ],
    rmsNormEps: [0, null],
    tieEmbeddings: ["yes", 1],
    initializerRange: [-0.02],
    bosTokenId: [-1, 0.5],
    eosTokenId: [[1, -2], "2"],
  };
  it.each(Object.entries(wrong).flatMap(([field, values]) => values.map((value) => [field, value] as const)))(
    "refuses %s = %j",
    (field, value) => expect(reasonsOf({ ...sizes, [field]: value })).toEqual([field]),
  );

  it("refuses every subset of mistakes with exactly its reasons", () => {
    const mistakes = Object.entries(wrong).filter(([field]) => field !== "heads" && field !== "kvHeads");
    fc.assert(
      fc.property(fc.subarray(mistakes), fc.nat(), (subset, pick) => {
        const bad = Object.fromEntries(subset.map(([field, values]) => [field, values[pick % values.length]]));
        const found = new Set(reasonsOf({ ...sizes, headDim: 16, ...bad }));
        expect(found).toEqual(new Set(subset.map(([field]) => field)));
      }),
    );
  });

  it.each([
    [{ ...sizes, layer: 3 }, ["layer"]],
    [{ ...sizes, hiddenSize: 66 }, ["headDim"]],
    [{ ...sizes, hiddenSize: undefined }, ["hiddenSize"]],
    [{}, ["vocabSize", "hiddenSize", "intermediateSize", "layers", "heads", "contextLength"]],
    [
      {
        ...sizes,
        ropeScaling: { type: "llama3", factor: 8, lowFreqFactor: 4, highFreqFactor: 4, originalContextLength: 64 },
      },
      ["ropeScaling"],
    ],
  ])("says what is wrong with %j", (input, reasons) => expect(reasonsOf(input)).toEqual(reasons));
});
