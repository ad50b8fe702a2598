// Each engine through the conformance suite, and against the reference on random graphs.
import { assertAgrees, describeBackend, randomGraph } from "@cambium/backend/conformance";
import fc from "fast-check";
import { describe, test } from "vitest";
import backend from "../src/index.js";

describe.each(["wasm", "cpu"])("engine %s", (engine) => {
  describeBackend(backend, { name: `tfjs ${engine}`, open: { engine } });

  test("random graphs mean what the reference says", { timeout: 120_000 }, async () => {
    await using device = await backend.open({ engine });
    await fc.assert(
      fc.asyncProperty(randomGraph(fc), ({ graph, inputs }) => assertAgrees(device, graph, inputs)),
      { numRuns: 60, seed: 1 },
    );
  });
});
