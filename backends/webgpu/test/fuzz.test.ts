// Random graphs mean what the reference says, whatever is fused with what; also where every buffer is bound in parts.
import { assertAgrees, randomGraph } from "@cambium/backend/conformance";
import { useSwiftShader } from "@cambium/browser";
import fc from "fast-check";
import { test } from "vitest";
import backend from "../src/index.js";

await useSwiftShader();

test.each([
  ["kernels for software adapters", {}, 500],
  // Their workgroup memory and barriers take a software adapter seconds to build.
  ["kernels for GPUs", { kernels: "gpu" }, 40],
  ["buffers bound in parts", { maxBindingBytes: 1024 }, 40],
] as const)("%s", { timeout: 300_000 }, async (_, options, numRuns) => {
  await using device = await backend.open(options);
  await fc.assert(
    fc.asyncProperty(randomGraph(fc, 8), ({ graph, inputs }) => assertAgrees(device, graph, inputs)),
    { numRuns },
  );
});
