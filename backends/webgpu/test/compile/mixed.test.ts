// What a step in mixed precision compiles to, without a GPU.
import { llama, modelSpec } from "@cambium/model";
import { defaultOptimizer, trainStepGraph } from "@cambium/train";
import { expect, test } from "vitest";
import { compileProgram } from "../../src/compile/program.js";
import { traitsOf } from "../shared/traits.js";

test("weights are rounded to f16 four at a time", () => {
  const config = modelSpec(llama, {
    ...{ vocab: 64, hidden: 32, intermediate: 64, layers: 4, heads: 2, contextLength: 16 },
  });
  const graph = trainStepGraph(config, { batch: 3, context: 16, optimizer: defaultOptimizer, precision: "mixed" });
  const { dispatches } = compileProgram(graph, { traits: traitsOf("gpu"), alignment: 256, maxBufferBytes: 2 ** 28 });
  const weights = /f16\[(32,32|64,32|32,64)\]/g;
  const casts = dispatches.flatMap(({ label }) => (/^elementwise/.test(label) ? [label.match(weights) ?? []] : []));
  // Seven weights a layer, and the output projection; in kernels of eight buffers.
  expect(casts.flat()).toHaveLength(7 * 4 + 1);
  expect(casts.filter((some) => some.length > 0).map((some) => some.length)).toEqual([4, 4, 4, 4, 4, 4, 4, 1]);
});
