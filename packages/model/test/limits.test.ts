// Sizes larger than any model's are refused before anything is allocated for them, wherever they come from.
import { CambiumError } from "@cambium/ir";
import { describe, expect, it } from "vitest";
import { builtInFamily, opaqueModel, parseModelSpec, readHfModel, ropeTables } from "../src/index.js";
import { readJson } from "./support/golden.js";

const llama = readJson("gqa-tied", "config.json");
const { config } = readHfModel(llama);

function thrown(work: () => unknown): CambiumError {
  try {
    work();
  } catch (error) {
    if (error instanceof CambiumError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("a config.json", () => {
  it.each([
    ["gqa-tied", "num_hidden_layers", 10 ** 7],
    ["mistral", "num_hidden_layers", 10_001],
    ["qwen3", "hidden_size", 2 ** 30],
    ["qwen2", "num_attention_heads", 10 ** 8],
    ["gqa-tied", "intermediate_size", 2 ** 21],
  ])("of %s with %s = %i", (golden, key, value) => {
    const { code, details } = thrown(() => readHfModel({ ...readJson(golden, "config.json"), [key]: value }));
    expect(code).toBe("E_CONFIG");
    expect(details.reasons?.map(({ where }) => where)).toContain(key);
  });

  it.each(Object.keys(llama))("whose %s is an object that cannot be converted to text", (key) => {
    const odd = { ...llama, [key]: { toString: 0, valueOf: 0 } };
    try {
      readHfModel(odd);
    } catch (error) {
      expect(error).toBeInstanceOf(CambiumError);
    }
  });
});

describe("a model in a plan or a stage", () => {
  it.each([
    ["layers", 10 ** 9],
    ["hidden", 2 ** 30],
    ["headDim", 2 ** 22],
  ])("with %s = %i", (field, value) => {
    const json = { family: "llama", config: { ...config, [field]: value } };
    const { code, details } = thrown(() => parseModelSpec(json, builtInFamily));
    expect([code, details.reasons?.[0]?.where]).toEqual(["E_CONFIG", field]);
  });

  it("of a family without limits of its own", () => {
    const { family } = opaqueModel({ tensors: [], prefix: "layers.", layers: 1 });
    const json = { family: "opaque", config: { tensors: [], prefix: "layers.", layers: 10 ** 9 } };
    const { details } = thrown(() => parseModelSpec(json, () => family as never));
    expect(details.reasons).toEqual([
      { where: "layers", message: "is larger than any model's", expected: "at most 10000", got: "1000000000" },
    ]);
  });
});

it("rotary tables too large for memory", () => {
  const { code, details } = thrown(() => ropeTables(new Float32Array(64), 2_000_000_000));
  expect([code, details.expected]).toEqual(["E_CONTEXT", "at most 1048576 tokens with heads of 128"]);
});
