// Patterns of partial stacking: the grammar and its mistakes, and the depths that a pattern cannot make.
import { describe, expect, test } from "vitest";
import { parsePartialPattern, partialLayers } from "../src/pattern.js";

describe("a pattern", () => {
  test("is read into its groups", () => {
    expect(parsePartialPattern("12-3456x5-56")).toEqual({
      prefix: { first: 1, last: 2 },
      middle: { first: 3, last: 6 },
      suffix: { first: 5, last: 6 },
      repeats: 5,
    });
    expect(parsePartialPattern("123x7-456")).toMatchObject({ prefix: null, repeats: 7 });
    expect(parsePartialPattern("1234-56x10")).toMatchObject({ suffix: null, repeats: 10 });
  });

  test.each([
    ["", "is not a pattern"],
    ["123456", "is not a pattern"],
    ["123456*4", "is not a pattern"],
    ["12-34-56", "is not a pattern"],
    ["1-2-34x5-56", "is not a pattern"],
    ["127x4", "is not a pattern"],
    ["123456x0", "is not a pattern"],
    ["13-456x7", "not a run of neighbouring sixths"],
    ["321x7-456", "not a run of neighbouring sixths"],
    ["112x7-456", "not a run of neighbouring sixths"],
    ["123456x5", "does not make 24 layers of 6"],
    ["12-34x9-56", "does not make 24 layers of 6"],
  ])("is refused as %j: %s", (pattern, message) => {
    expect(() => parsePartialPattern(pattern)).toThrow(
      expect.objectContaining({ code: "E_GROWTH_PATTERN", message: expect.stringContaining(message) }),
    );
  });
});

describe("partial layers", () => {
  test("are refused for every depth between two whole numbers of repeats, with those depths", () => {
    const pattern = parsePartialPattern("12-3456x5-56");
    for (let target = 13; target <= 60; target++) {
      const make = () => partialLayers(pattern, 12, target);
      if ((target - 8) % 8 === 0) expect(make()).toHaveLength(target);
      else {
        const below = 8 * Math.floor(target / 8);
        const hint = `layers: ${below > 12 ? `${below} or ` : ""}${below + 8}`;
        expect(make).toThrow(
          expect.objectContaining({ code: "E_GROWTH_LAYERS", details: expect.objectContaining({ hint }) }),
        );
      }
    }
  });

  test("are refused for a base that has no sixths, and when there is nothing to grow", () => {
    const pattern = parsePartialPattern("12-3456x5-56");
    expect(() => partialLayers(pattern, 8, 32)).toThrow(expect.objectContaining({ code: "E_GROWTH_LAYERS" }));
    // k would be 1/2: the groups overlap.
    expect(() => partialLayers(pattern, 6, 6)).toThrow(/there is nothing to grow/);
    expect(partialLayers(pattern, 6, 8)).toEqual([0, 1, 2, 3, 4, 5, 4, 5]);
  });
});
