// A token that is decoded writes its row into the caches; nothing else of them is copied.
import { add, f32, GraphBuilder, i32, replaceRow } from "@cambium/ir";
import { cacheNames, decodeGraph, llama, modelSpec } from "@cambium/model";
import { expect, test } from "vitest";
import { compileGraph } from "../src/compile/compile.js";

const model = modelSpec(llama, {
  ...{ vocab: 16, hidden: 16, intermediate: 24, layers: 2, heads: 2, kvHeads: 1, contextLength: 32 },
});

test("the next state of every cache lies over the one before", () => {
  const { plan } = compileGraph(decodeGraph(model, { batch: 1, context: 16 }));
  const over = (name: string) => {
    const slot = plan.outputs.find((output) => output.name === name)?.slot as number;
    return plan.slots[slot]?.storage;
  };
  for (const name of [0, 1].flatMap((layer) => Object.values(cacheNames(layer)))) {
    const input = plan.inputs.find((one) => one.name === name)?.slot;
    expect(over(name)).toEqual({ kind: "inPlace", over: input });
  }
});

test("a tensor that something else reads as well is kept", () => {
  const builder = new GraphBuilder();
  const x = builder.input("x", f32(4, 2));
  const next = replaceRow(x, builder.input("row", f32(1, 2)), builder.input("position", i32()));
  builder.output("x", next, { replaces: "x" });
  builder.output("sum", add(x, 1));
  const { plan } = compileGraph(builder.finish());
  expect(plan.slots.map(({ storage }) => storage.kind)).not.toContain("inPlace");
});
