// A model's JSON from a stranger: whatever stands in place of a field's value is refused by the field's name.
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
    // Without what follows from others, which is then worked out.
    const { headDim: _, kvHeads: __, ...config } = { ...json.config, [field]: value };
    expect(() => parseModelSpec({ ...json, config }, builtInFamily)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^E_(CONFIG|SIZE)/) }),
    );
  }
});
