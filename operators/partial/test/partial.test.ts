// Partial stacking: the eight patterns of Du et al. 2024, Table 5, at many depths, and patterns and depths that are refused.
import { connectionRate, layerMap } from "@cambium/growth";
import { baseModel, describeOperator } from "@cambium/growth/conformance";
import { expect, test } from "vitest";
import operator from "../src/index.js";

const growths = [
  ...[24, 12, 18, 30, 36].map((target) => [6, target] as const),
  ...[24, 30, 36, 48].map((target) => [12, target] as const),
];

/** For each growth the connections kept, counted by hand; null where no whole number of repeats makes it. */
const patterns: Readonly<Record<string, readonly (number | null)[]>> = {
  "123456x4": [20, 10, 15, 25, 30, 22, null, 33, 44],
  "12-3456x5-56": [18, 9, null, null, 27, 21, null, null, 42],
  "12-345x7-6": [17, 9, 13, 21, 25, 21, 26, 31, 41],
  "123-456x7": [17, 9, 13, 21, 25, 21, 26, 31, 41],
  "1234-56x10": [14, 8, 11, 17, 20, 20, null, 29, 38],
  "12-34x10-56": [14, 8, 11, 17, 20, 20, null, 29, 38],
  "1-234x7-56": [17, 9, 13, 21, 25, 21, 26, 31, 41],
  "123x7-456": [17, 9, 13, 21, 25, 21, 26, 31, 41],
};
/** The layers of 6 → 24 as the paper writes them. */
const paper = (pattern: string) => {
  const all = pattern.replace(/(\d+)x(\d+)/, (_, middle: string, times: string) => middle.repeat(Number(times)));
  return [...all.replaceAll("-", "")].map((digit) => Number(digit) - 1);
};
/** The bases alternate, so that patterns are also tried on tied and grouped ones. */
const bases = [{}, { tied: true }, { heads: 4, kvHeads: 2 }] as const;

describeOperator(operator, {
  cases: Object.keys(patterns).map((pattern, i) => ({
    base: bases[i % bases.length] as object,
    options: { pattern },
    layers: paper(pattern),
  })),
  refuses: [{ options: { factor: 4 }, code: "E_GROWTH_OPTION" }],
});

const refusal = (code: string, text: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(text) });

test.each(Object.entries(patterns))("%s at every depth: layers as written, connections as counted", (pattern, kept) => {
  growths.forEach(([base, target], i) => {
    const plan = () => operator.plan(baseModel({ layers: base }), { pattern, layers: target });
    if (kept[i] === null) return expect(plan).toThrow(refusal("E_GROWTH_LAYERS", "not a whole number of repeats"));
    const map = layerMap(plan());
    expect(connectionRate(map)).toMatchObject({ numerator: kept[i], denominator: target - 1 });
    // The middle repeats for as long as the target asks; u layers are one sixth.
    const [unit, middle] = [base / 6, /(\d+)x/.exec(pattern)?.[1]?.length ?? 0];
    const once = paper(pattern.replace(/x\d+/, "x1"));
    const repeats = (target / unit - once.length) / middle + 1;
    const sixths = paper(pattern.replace(/x\d+/, `x${repeats}`));
    expect(map).toEqual(sixths.flatMap((sixth) => Array.from({ length: unit }, (_, j) => sixth * unit + j)));
  });
});

test.each([
  ...["", "123456", "123456*4", "12-34-56", "1-2-34x5-56", "127x4", "123456x0"].map((text) => [text, "not a pattern"]),
  ...["13-456x7", "321x7-456", "112x7-456"].map((text) => [text, "not a run of neighbouring sixths"]),
  ...["123456x5", "12-34x9-56"].map((text) => [text, "does not make 24 layers of 6"]),
])("pattern %j is refused: %s", (pattern, text) => {
  expect(() => operator.plan(baseModel(), { pattern })).toThrow(refusal("E_GROWTH_PATTERN", text as string));
});

test("a depth between two whole numbers of repeats is refused with both; so are bases without sixths", () => {
  const layersOf = (base: number, layers: number) =>
    layerMap(operator.plan(baseModel({ layers: base }), { pattern: "12-3456x5-56", layers }));
  for (let target = 13; target <= 60; target++) {
    if (target % 8 === 0) expect(layersOf(12, target)).toHaveLength(target);
    else {
      const below = 8 * Math.floor(target / 8);
      const hint = `layers: ${below > 12 ? `${below} or ` : ""}${below + 8}`;
      expect(() => layersOf(12, target)).toThrow(
        expect.objectContaining({ details: expect.objectContaining({ hint }) }),
      );
    }
  }
  expect(() => layersOf(8, 32)).toThrow(refusal("E_GROWTH_LAYERS", "cannot be divided into sixths"));
  // k would be 1/2: the groups overlap.
  expect(() => layersOf(6, 6)).toThrow(refusal("E_GROWTH_LAYERS", "there is nothing to grow"));
  expect(layersOf(6, 8)).toEqual([0, 1, 2, 3, 4, 5, 4, 5]);
});
