// The ONNX backend passes the conformance suite, and agrees with the reference on random graphs.
import { assertAgrees, describeBackend, randomGraph } from "@cambium/backend/conformance";
import fc from "fast-check";
import { test } from "vitest";
import backend from "../src/index.js";

describeBackend(backend);

test("random graphs mean what the reference says", { timeout: 120_000 }, async () => {
  await using device = await backend.open();
  await fc.assert(
    fc.asyncProperty(randomGraph(fc), ({ graph, inputs }) => assertAgrees(device, graph, inputs)),
    { numRuns: 60 },
  );
});
