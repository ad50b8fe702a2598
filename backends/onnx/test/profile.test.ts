// A profile names the provider of every node, as ONNX Runtime's own log has it.
import { f32, GraphBuilder, hostTensor, mul } from "@cambium/ir";
import { expect, test } from "vitest";
import backend from "../src/index.js";

test("a product runs on the cpu provider, and every node has one", async () => {
  await using device = await backend.open({ profile: true, threads: 1 });
  const builder = new GraphBuilder();
  const x = builder.input("x", f32(4));
  builder.output("y", mul(x, x));
  using executable = await device.compile(builder.finish());
  for (let run = 0; run < 2; run++)
    await (await executable.run({ x: hostTensor("f32", [4]) }, { fetch: ["y"] })).fetched;
  const profile = (await executable.profile()) ?? [];
  expect(profile.find(({ op }) => op === "Mul")).toMatchObject({ provider: "cpu", count: 2 });
  expect(profile.map(({ provider }) => provider)).not.toContain(undefined);
});
