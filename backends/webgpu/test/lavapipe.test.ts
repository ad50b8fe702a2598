// The kernels for GPUs on a second driver, lavapipe: the conformance suite and a fuzz. What SwiftShader forgives or
// gets right by chance shows here: subgroups of eight, LLVM's floating point, other orders of execution. And f16, which
// SwiftShader lacks.
import { assertAgrees, describeBackend, randomGraph } from "@cambium/backend/conformance";
import { useLavapipe } from "@cambium/browser";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { requestGpu } from "../src/gpu/adapter.js";
import { orderedSubgroupSize } from "../src/gpu/subgroups.js";
import backend from "../src/index.js";

const missing = await useLavapipe();
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
const open = () => backend.open({ adapter: "llvmpipe", kernels: "gpu" });

describe.skipIf(missing !== undefined)(`on lavapipe${missing === undefined ? "" : ` (${missing})`}`, () => {
  describeBackend(open, { name: "webgpu with kernels for GPUs" });

  test("its subgroups of eight are in order", async () => {
    const gpu = await requestGpu("llvmpipe");
    expect(await orderedSubgroupSize(gpu)).toBe(8);
    gpu.device.destroy();
  });

  const dtypes = ["f32", "i32", "bool", "f16"] as const;
  test.each([
    ["kernels for GPUs", { kernels: "gpu" }],
    ["kernels for software adapters", { kernels: "cpu" }],
    ["buffers bound in parts", { kernels: "cpu", maxBindingBytes: 1024 }],
  ] as const)("random graphs, f16 among them: %s", async (_, options) => {
    await using device = await backend.open({ adapter: "llvmpipe", ...options });
    expect(device.info.computes).toEqual(dtypes);
    await fc.assert(
      fc.asyncProperty(randomGraph(fc, 8, dtypes), ({ graph, inputs }) => assertAgrees(device, graph, inputs)),
      { numRuns: 40 },
    );
  });
});
