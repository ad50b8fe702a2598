// Weights that are the same in every run become initializers, which ONNX Runtime packs, where one row is multiplied.
import { decodeGraph, llama, modelSpec, parameterTable } from "@cambium/model";
import { expect, test } from "vitest";
import { compileGraph } from "../src/compile/compile.js";

const sizes = { vocab: 16, hidden: 16, intermediate: 24, layers: 2, heads: 2, kvHeads: 1, contextLength: 32 };

/** The parameters that a decoding step of `chunk` tokens packs and those that it is fed, by name. */
function edges(tied: boolean, chunk: number, fixed: boolean) {
  const model = modelSpec(llama, { ...sizes, tied });
  const names = parameterTable(model).map(({ name }) => name);
  const { plan } = compileGraph(decodeGraph(model, { batch: 1, context: 16, chunk }), {
    fixed: new Set(fixed ? names : []),
  });
  const [step] = plan.steps;
  if (plan.steps.length !== 1 || step?.kind !== "session") throw new Error("decoding is one session");
  const named = (edge: Readonly<Record<string, number>>) =>
    plan.inputs.filter(({ name, slot }) => names.includes(name) && Object.values(edge).includes(slot));
  const list = (edge: Readonly<Record<string, number>>) => named(edge).map(({ name }) => name);
  return { names, packed: list(step.packed), fed: list(step.feeds) };
}

test("decoding packs every matrix but the embedding, and is fed the rest", () => {
  const { names, packed, fed } = edges(false, 1, true);
  expect(fed).toEqual(names.filter((name) => /embed|norm/.test(name)));
  expect(packed).toEqual(names.filter((name) => !fed.includes(name)));
});

test("a tied embedding is looked up as it is fed and multiplied as it is packed", () => {
  const { packed, fed } = edges(true, 1, true);
  const [embedding] = fed;
  expect(embedding).toContain("embed");
  expect(packed).toContain(embedding);
});

test("nothing is packed for a prompt, or if the inputs are not fixed", () => {
  expect(edges(false, 8, true).packed).toEqual([]);
  expect(edges(false, 1, false).packed).toEqual([]);
});
