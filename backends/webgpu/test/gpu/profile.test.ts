// The profile of a run longer than one query set: every kernel is counted, and all stand on one line of time.
import { useSwiftShader } from "@cambium/browser";
import { add, f32, GraphBuilder, hostTensor, reduceSum, type Tensor } from "@cambium/ir";
import { expect, test } from "vitest";
import backend from "../../src/index.js";

await useSwiftShader();

test("a run of more kernels than a query set has stamps for", { timeout: 60_000 }, async () => {
  const builder = new GraphBuilder();
  const x = builder.input("x", f32(2, 2));
  let sum: Tensor = reduceSum(x, { axes: [1], keepDims: true });
  for (let i = 0; i < 2100; i++) sum = reduceSum(add(x, sum), { axes: [1], keepDims: true });
  builder.output("sum", sum);
  await using device = await backend.open({ profile: true });
  using executable = await device.compile(builder.finish());
  expect(executable.stats.nodes).toBeGreaterThan(2048);
  await (await executable.run({ x: hostTensor("f32", [2, 2]) }, { fetch: ["sum"] })).fetched;
  const timeline = executable.timeline?.() ?? [];
  const profile = (await executable.profile()) ?? [];
  expect(timeline).toHaveLength(executable.stats.nodes);
  expect(profile.reduce((total, { count }) => total + count, 0)).toBe(executable.stats.nodes);
  const starts = timeline.map(({ start }) => start);
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
});
