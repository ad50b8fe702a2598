// The reference and null devices beyond the conformance suite: profiles, plans, and graphs too large to compute.
import { broadcast, f32, GraphBuilder, hostTensor, liveness, matmul, neg } from "@cambium/ir";
import { expect, test } from "vitest";
import { type DeviceTensor, nullBackend, referenceBackend } from "../src/index.js";

function chain(size: number) {
  const builder = new GraphBuilder();
  const x = builder.input("x", f32(size, size));
  builder.output("y", neg(neg(matmul(x, x))));
  return builder.finish();
}

test("with profile: true the reference counts and times ops; without, there is no profile", async () => {
  await using device = await referenceBackend.open({ profile: true });
  using executable = await device.compile(chain(16));
  await executable.run({ x: hostTensor("f32", [16, 16]) }, { fetch: ["y"] });
  await executable.run({ x: hostTensor("f32", [16, 16]) }, { fetch: ["y"] });
  const profile = (await executable.profile()) ?? [];
  expect(Object.fromEntries(profile.map(({ op, count }) => [op, count]))).toEqual({ matmul: 2, neg: 4 });
  expect(profile.every(({ seconds }) => seconds >= 0)).toBe(true);
  await using plain = await referenceBackend.open();
  expect(await (await plain.compile(chain(2))).profile()).toBeNull();
});

test("the null device plans a graph that no memory could hold, and counts its nodes", async () => {
  await using device = await nullBackend.open({ profile: true });
  const graph = chain(2 ** 20);
  using executable = await device.compile(graph);
  expect(executable.stats).toMatchObject({ nodes: 3, plannedBytes: liveness(graph).peakBytes });
  const builder = new GraphBuilder();
  builder.output("y", broadcast(builder.scalar(1), { shape: [2 ** 20, 2 ** 20] }));
  using ones = await device.compile(builder.finish());
  using y = (await ones.run({})).outputs["y"] as DeviceTensor;
  expect(y.type).toEqual(f32(2 ** 20, 2 ** 20));
  expect((await device.memory()).bytes).toBe(2 ** 42);
  expect(await ones.profile()).toContainEqual({ op: "broadcast", count: 1, seconds: 0 });
});

test("a malformed graph does not compile: E_GRAPH", async () => {
  await using device = await referenceBackend.open();
  const graph = chain(2);
  await expect(device.compile({ ...graph, inputs: [] })).rejects.toMatchObject({ code: "E_GRAPH" });
});
