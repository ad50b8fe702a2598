// A model's JSON from an untrusted source: any wrong value of a field is refused with a CambiumError.
import { expect, test } from "vitest";
import { builtInFamily, llama, modelJson, modelSpec, parseModelSpec } from "../src/index.js";

const input = { layers: 2, hidden: 16, intermediate: 32, heads: 2, vocab: 32, contextLength: 16 };
const json = modelJson(modelSpec(llama, input)) as { family: string; config: Record<string, unknown> };
const odd: readonly unknown[] = [
  { toString: 0 },
  { valueOf: 0, toString: 0 },
  { length: 1e9 },
  [[1]],
  "16",
  1e308,
  -1,
  "\ud800",
];

test.each(Object.keys(input))("%s", (field) => {
  for (const value of odd) {
    // headDim and kvHeads are left out, so that they are derived from the odd value.
    const { headDim: _, kvHeads: __, ...config } = { ...json.config, [field]: value };
    expect(() => parseModelSpec({ ...json, config }, builtInFamily)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^E_(CONFIG|SIZE)/) }),
    );
  }
});
