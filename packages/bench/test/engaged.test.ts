// What a case engages, told by what it compiles.
import { type Engaged, referenceBackend } from "@cambium/backend";
import { causalAttention, f32, GraphBuilder } from "@cambium/ir";
import { expect, test } from "vitest";
import { engagement } from "../src/engaged.js";

function graph() {
  const builder = new GraphBuilder();
  const [q, k, v] = ["q", "k", "v"].map((name) => builder.input(name, f32(1, 2, 4)));
  if (!q || !k || !v) throw new RangeError("three inputs");
  builder.output("out", causalAttention(q, k, v, { heads: 2, kvHeads: 2 })[0]);
  return builder.finish();
}

/** What is engaged after compiling a graph for each of `told`. */
async function after(told: readonly (Engaged | undefined)[]) {
  await using device = await referenceBackend.open();
  const compile = device.compile.bind(device);
  let next = 0;
  device.compile = async (one) => {
    const made = await compile(one);
    const { engaged: _, ...stats } = made.stats;
    const engaged = told[next++];
    return Object.assign(Object.create(made), { stats: { ...stats, nodes: 7, ...(engaged && { engaged }) } });
  };
  const engaged = engagement(device);
  for (const _ of told) await device.compile(graph());
  return engaged();
}

test("one graph has launches, and what its device tells", async () => {
  const found = await after([{ replay: "captured", attention: "fused", features: ["f"] }]);
  expect(found).toMatchObject({ launches: 7, replay: "captured", attention: "fused", features: ["f"] });
  expect(found.decomposed).toEqual(["causalAttention"]);
});

test("of several graphs the least counts, and a device need not tell", async () => {
  const two = await after([
    { replay: "captured", attention: "fused" },
    { replay: "plan", attention: "composed" },
  ]);
  expect(two).toMatchObject({ launches: null, replay: "plan", attention: "composed" });
  expect(await after([undefined])).toMatchObject({ replay: null, attention: null, features: [] });
});
