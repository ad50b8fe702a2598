// What writes to the residual stream, in a checkpoint of a family that nobody modelled.
import { streamWriters } from "@cambium/growth";
import { opaqueModel } from "@cambium/model";
import { expect, test } from "vitest";

const model = (parts: readonly string[]) =>
  opaqueModel({
    tensors: [0, 1].flatMap((i) => parts.map((part) => ({ name: `h.layers.${i}.${part}.weight`, shape: [4, 4] }))),
    prefix: "h.layers.",
    layers: 2,
  });

test("is told by the projections' names, in the layers asked for", () => {
  const writers = streamWriters(model(["attn.wo", "attn.wq", "ffn.w1", "ffn.w2"]), new Set([1]));
  expect(writers.map(({ name }) => name)).toEqual(["h.layers.1.attn.wo.weight", "h.layers.1.ffn.w2.weight"]);
});

test("is refused where names do not tell", () => {
  expect(() => streamWriters(model(["mixer.in", "mixer.out"]), new Set([1]))).toThrow(
    expect.objectContaining({
      code: "E_FAMILY_STREAM",
      details: expect.objectContaining({ where: "target layers 1" }),
    }),
  );
});
