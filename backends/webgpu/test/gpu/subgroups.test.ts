// Subgroups: the device says whether their invocations are in order, and kernels for GPUs then reduce through them.
import { useSwiftShader } from "@cambium/browser";
import { f32, GraphBuilder, rmsNorm } from "@cambium/ir";
import { expect, test } from "vitest";
import { requestGpu } from "../../src/gpu/adapter.js";
import { orderedSubgroupSize } from "../../src/gpu/subgroups.js";
import backend from "../../src/index.js";

await useSwiftShader();

test("SwiftShader's four are in order; without the feature, or with sizes unknown, there are none to use", async () => {
  const gpu = await requestGpu();
  try {
    expect(await orderedSubgroupSize(gpu)).toBe(4);
    expect(await orderedSubgroupSize({ ...gpu, features: new Set() })).toBe(0);
    expect(await orderedSubgroupSize({ ...gpu, adapter: { ...gpu.adapter, subgroupSizes: [0, 0] } })).toBe(0);
    // The driver's claim is tested on the device, which has no subgroups of eight.
    expect(await orderedSubgroupSize({ ...gpu, adapter: { ...gpu.adapter, subgroupSizes: [8, 8] } })).toBe(0);
  } finally {
    gpu.device.destroy();
  }
});

test.each([
  ["gpu", true],
  ["cpu", false],
] as const)("kernels for a %s shuffle: %s", async (kernels, shuffles) => {
  const builder = new GraphBuilder();
  builder.output("y", rmsNorm(builder.input("x", f32(4, 64)), builder.input("w", f32(64)), { eps: 1e-5 })[0]);
  await using device = await backend.open({ kernels });
  using executable = await device.compile(builder.finish());
  expect(executable.source?.().includes("subgroupShuffleXor")).toBe(shuffles);
});
