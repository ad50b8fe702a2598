// Our configuration: defaults, and every reason at once if it is not valid.
import { CambiumError } from "@cambium/ir";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DecoderConfig, type DecoderInput, llama, modelSpec } from "../src/index.js";
import { configs } from "./support/arbitrary.js";

const sizes = { vocab: 256, hidden: 64, intermediate: 172, layers: 2, heads: 4, contextLength: 128 };

function reasonsOf(input: object): string[] {
  try {
    modelSpec(llama, input as DecoderInput);
  } catch (error) {
    expect(error).toBeInstanceOf(CambiumError);
    expect((error as CambiumError).code).toBe("E_CONFIG");
    return ((error as CambiumError).details.reasons ?? []).map(({ where }) => where as string);
  }
  return [];
}

describe("a decoder's config", () => {
  it("fills in defaults", () => {
    const defaults = {
      ropeTheta: 10000,
      ropeScaling: null,
      rmsNormEps: 1e-5,
      tied: false,
      initializerRange: 0.02,
    };
    expect(llama.config(sizes)).toEqual({ ...sizes, ...defaults, kvHeads: 4, headDim: 16 });
    expect(llama.config({ ...sizes, kvHeads: undefined, headDim: 8 })).toMatchObject({ kvHeads: 4, headDim: 8 });
  });

  it("keeps a valid configuration as it is", () => {
    fc.assert(
      fc.property(configs, (config) => {
        expect(modelSpec(config.family, config.config)).toEqual(config);
      }),
    );
  });

  const wrong: Partial<Record<keyof DecoderConfig, unknown[]>> = {
    vocab: [0, -1, 1.5, "256", null, Number.NaN, 2 ** 31],
    hidden: [0],
    intermediate: [Number.POSITIVE_INFINITY],
    layers: [-1, 0.5],
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
    tied: ["yes", 1],
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
    [{ ...sizes, hidden: 66 }, ["headDim"]],
    [{ ...sizes, hidden: undefined }, ["hidden"]],
    [{}, ["vocab", "hidden", "intermediate", "layers", "heads", "contextLength"]],
    [
      {
        ...sizes,
        ropeScaling: { type: "llama3", factor: 8, lowFreqFactor: 4, highFreqFactor: 4, originalContextLength: 64 },
      },
      ["ropeScaling"],
    ],
  ])("says what is wrong with %j", (input, reasons) => expect(reasonsOf(input)).toEqual(reasons));
});
