// What engines refuse of a stage: nothing that they do not know is ignored.
import { plainPhase } from "@cambium/model";
import type { Stage } from "@cambium/recipe";
import { expect, test } from "vitest";
import { localAlone } from "../src/index.js";

const plain = { phase: plainPhase, until: { kind: "tokens", tokens: 16 }, batch: 2, seed: 0 } as unknown as Stage;

test("a stage of known fields is not refused", () => {
  expect(localAlone("other", plain)).toEqual([]);
});

test("a field that is not known is refused by name", () => {
  const stage = { ...plain, momentum: 0.9, toString: 1 } as Stage;
  expect(localAlone("other", stage).map(({ message }) => message)).toEqual([
    "other does not support momentum",
    "other does not support toString",
  ]);
});
