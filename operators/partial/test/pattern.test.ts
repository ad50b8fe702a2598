// Patterns of partial stacking: the grammar, its mistakes, and properties that every pattern has at every depth.
import { connectionRate } from "@cambium/growth";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePartialPattern, partialLayers } from "../src/pattern.js";
import { patterns } from "./patterns.js";

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
  const cases = fc.record({
    pattern: fc.constantFrom(...Object.keys(patterns)).map((pattern) => parsePartialPattern(pattern)),
    unit: fc.integer({ min: 1, max: 5 }),
    repeats: fc.integer({ min: 1, max: 12 }),
  });
  const length = (run: { first: number; last: number } | null) => (run ? run.last - run.first + 1 : 0);

  test("begin and end as the pattern says, and keep the connections that are counted by hand", () => {
    fc.assert(
      fc.property(cases, ({ pattern: { prefix, middle, suffix }, ...rest }) => {
        const pattern = { prefix, middle, suffix, repeats: 1 };
        const { unit, repeats } = rest;
        const [before, step, after] = [prefix, middle, suffix].map((run) => length(run) * unit) as [
          number,
          number,
          number,
        ];
        const target = before + repeats * step + after;
        fc.pre(target > 6 * unit);
        const layers = partialLayers(pattern, 6 * unit, target);
        expect(layers).toHaveLength(target);
        expect(layers.slice(0, before)).toEqual(Array.from({ length: before }, (_, i) => i));
        for (let k = 0; k < repeats; k++) {
          const part = layers.slice(before + k * step, before + (k + 1) * step);
          expect(part).toEqual(Array.from({ length: step }, (_, i) => (middle.first - 1) * unit + i));
        }
        expect(layers.slice(target - after)).toEqual(Array.from({ length: after }, (_, i) => 6 * unit - after + i));
        const joins =
          Number(prefix !== null && prefix.last + 1 === middle.first) +
          Number(suffix !== null && middle.last + 1 === suffix.first);
        const inner = Math.max(before - 1, 0) + Math.max(after - 1, 0) + repeats * (step - 1) + joins;
        expect(connectionRate(layers)).toMatchObject({ numerator: inner, denominator: target - 1 });
      }),
    );
  });

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
