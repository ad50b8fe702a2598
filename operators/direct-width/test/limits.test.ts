// Growths that would be lists of millions of entries are refused by their sizes.
import { expect, test } from "vitest";
import directWidth from "../src/index.js";
import { config } from "./support.js";

const base = config({ vocab: 23, hidden: 64, intermediate: 96, layers: 2, headDim: 4 });

test.each([
  [{ factor: 1e6 }, "hidden", "at most 1048576"],
  [{ factor: 1e306 }, "hidden", "at most 1048576"],
  [{ intermediate: 2 ** 30 }, "intermediate", "at most 1048576"],
  [{ factor: 10_000 }, "hidden", "at most 26 copies of an index among 640000"],
  [{ factor: 10_000, split: "elem" }, "hidden", "at most 26 copies of an index among 640000"],
])("%j", (options, where, expected) => {
  const reasons = expect.arrayContaining([expect.objectContaining({ where, expected })]);
  const refusal = { code: "E_GROWTH_SIZES", details: expect.objectContaining({ reasons }) };
  expect(() => directWidth.plan(base, options)).toThrow(expect.objectContaining(refusal));
});
