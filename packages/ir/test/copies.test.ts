// Two copies of this package in one process, as when a linked plugin brings its own: each accepts the other's values.
import * as here from "@cambium/ir";
import { expect, test, vi } from "vitest";

vi.resetModules();
const there = await import("@cambium/ir");

test("the second copy is a copy", () => {
  expect(there.CambiumError).not.toBe(here.CambiumError);
  expect(there.Tensor).not.toBe(here.Tensor);
});

test.each([
  ["here", here, there],
  ["there", there, here],
])("an error made %s is a CambiumError for both, with its code, details and text", (_, own, other) => {
  const error: unknown = new own.CambiumError("E_TEST", "no", { hint: "that", reasons: [{ message: "so" }] });
  expect([error instanceof own.CambiumError, error instanceof other.CambiumError]).toEqual([true, true]);
  if (!(error instanceof other.CambiumError)) return expect.unreachable();
  expect([error.code, error.details.hint, error.format()]).toEqual([
    "E_TEST",
    "that",
    "E_TEST: no\n  try: that\n  - so",
  ]);
});

test("an object that only looks like one is not an instance", () => {
  const alike = Object.assign(new Error("no"), { name: "CambiumError", code: "E_TEST", details: {}, format: () => "" });
  for (const value of [alike, { ...new here.CambiumError("E_TEST", "no") }, null, undefined, "E_TEST", 1])
    expect(value instanceof here.CambiumError).toBe(false);
  expect({ builder: null, value: null } instanceof here.Tensor).toBe(false);
});

test("ops of one copy build a graph of the other, which evaluates, differentiates and decomposes in both", () => {
  const builder = new there.GraphBuilder();
  const x = builder.input("x", here.f32(2, 3));
  const columns = here.cast(here.iota(x.builder, { shape: [2, 3], axis: 1 }), { to: "f32" });
  const y = here.mul(2, there.softmax(here.add(x, x)));
  builder.output("y", there.reduceSum(here.mul(y, columns), { axes: [0, 1] }));
  const graph = builder.finish();
  const inputs = { x: here.hostTensor("f32", [2, 3], [1, 2, 3, 3, 2, 1]) };
  const results = [here, there].map((ir) => {
    const gradient = ir.differentiate(ir.decompose(graph), { of: "y", by: ["x"] });
    ir.checkGraph(gradient, "across copies");
    return Object.values(ir.evaluate(ir.optimize(gradient), inputs)).map(({ data }) => [...data]);
  });
  expect(results[1]).toEqual(results[0]);
  expect(results[0]?.flat().every(Number.isFinite)).toBe(true);
});
