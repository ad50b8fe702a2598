// tfjs-node through the conformance suite and random graphs, where `cambium setup tfjs` has built its binding.
import { assertAgrees, describeBackend, randomGraph } from "@cambium/backend/conformance";
import fc from "fast-check";
import { describe, test } from "vitest";
import { loadNodeEngine } from "../src/engines/node-binding.js";
import backend, { backendTfjs } from "../src/index.js";
import type { Tfjs } from "../src/tfjs.js";

const found = (await backend.probe()).find(({ device }) => device === "node");
const engine = { engine: "node" };

if (found?.available) {
  // Loads TensorFlow, which a busy machine does not do within a hook's time.
  await (await backend.open(engine)).close();
  describeBackend(backend, { name: "tfjs node", open: engine });

  // On a GPU, and where Cambium's ops are not built, TensorFlow's are all there is.
  const { tf } = await loadNodeEngine("node");
  const plain = backendTfjs({ tf: tf as unknown as Tfjs, backend: "tensorflow" });
  describeBackend(plain, { name: "tfjs node without Cambium's ops", parts: ["values", "gradients", "training"] });

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
