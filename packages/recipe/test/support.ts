// A recipe small enough for the reference backend.
import type { RecipeInput } from "../src/index.js";

export const minimal = {
  name: "tiny",
  data: { corpus: "./text.txt", tokenizer: "bytes", heldOut: 0.3 },
  backend: "reference",
  model: { layers: 1, hidden: 8, heads: 2, intermediate: 8, context: 8 },
  growth: [{ operator: "stack", factor: 2, at: 96 }],
  train: { tokens: 320, batch: 2, lr: 0.01 },
  evaluate: { every: 64, tokens: 32 },
  samples: { tokens: 0 },
} satisfies RecipeInput;
