// The kernels for GPUs on a second driver, lavapipe: the conformance suite and a fuzz. What SwiftShader forgives or gets
// right by chance shows here: subgroups of eight, LLVM's floating point, other orders of execution.
import { assertAgrees, describeBackend, randomGraph } from "@cambium/backend/conformance";
import { useLavapipe } from "@cambium/browser";
import fc from "fast-check";
import { describe, test, vi } from "vitest";
import backend from "../src/index.js";

const missing = await useLavapipe();
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
const open = () => backend.open({ adapter: "llvmpipe", kernels: "gpu" });

describe.skipIf(missing !== undefined)(`on lavapipe${missing === undefined ? "" : ` (${missing})`}`, () => {
  describeBackend(open, { name: "webgpu with kernels for GPUs" });

  test("random graphs mean what the reference says", async () => {
    await using device = await open();
    await fc.assert(
      fc.asyncProperty(randomGraph(fc, 8), ({ graph, inputs }) => assertAgrees(device, graph, inputs)),
      { numRuns: 60 },
    );
  });
});
