// Gradual stacking through the conformance suite, and what stays frozen.
import { baseModel, describeOperator } from "@cambium/growth/conformance";
import { expect, test } from "vitest";
import appendTop from "../src/index.js";

describeOperator(appendTop, {
  cases: [
    { name: "6 → 9", options: { layers: 9 }, layers: [0, 1, 2, 3, 4, 5, 3, 4, 5], connectionRate: [7, 8] },
    { name: "3 → 6, the default", base: { layers: 3, tied: true }, layers: [0, 1, 2, 0, 1, 2] },
    { name: "6 → 7, frozen", options: { layers: 7, frozen: true }, layers: [0, 1, 2, 3, 4, 5, 5] },
    { name: "6 → 6 is the identity", options: { factor: 1 }, connectionRate: [5, 5] },
  ],
  refuses: [{ options: { layers: 13 }, code: "E_GROWTH_LAYERS" }],
});

test("frozen: the base's layers and the embedding; head and last norm train", () => {
  const { frozen } = appendTop.plan(baseModel({ layers: 2 }), { layers: 3, frozen: true }).phase;
  const trained = Object.keys(appendTop.plan(baseModel({ layers: 2 }), { layers: 3 }).tensors).filter(
    (name) => !frozen.includes(name),
  );
  expect(trained.every((name) => /layers\.2\.|^model\.norm|^lm_head/.test(name))).toBe(true);
  expect(trained).toHaveLength(9 + 2);
});
