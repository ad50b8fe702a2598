// tfjs-node through the conformance suite and random graphs, where `cambium setup tfjs` has built its binding.
import { assertAgrees, describeBackend, randomGraph } from "@cambium/backend/conformance";
import fc from "fast-check";
import { describe, test } from "vitest";
import backend from "../src/index.js";

const found = (await backend.probe()).find(({ device }) => device === "node");
const engine = { engine: "node" };

if (found?.available) {
  // Loads TensorFlow, which a busy machine does not do within a hook's time.
  await (await backend.open(engine)).close();
  describeBackend(backend, { name: "tfjs node", open: engine });

  test("random graphs mean what the reference says", { timeout: 120_000 }, async () => {
    await using device = await backend.open(engine);
    await fc.assert(
      fc.asyncProperty(randomGraph(fc), ({ graph, inputs }) => assertAgrees(device, graph, inputs)),
      { numRuns: 60 },
    );
  });
} else {
  describe(`engine node: ${found?.detail}; ${found?.fix}`, () => {
    test.skip("conforms");
  });
}
