// Partial stacking: the paper's eight patterns through the conformance suite, and their layers at many depths.
import { connectionRate, layerMap } from "@cambium/growth";
import { baseModel, describeOperator } from "@cambium/growth/conformance";
import { expect, test } from "vitest";
import operator from "../src/index.js";
import { growths, patterns } from "./patterns.js";

/** The bases alternate, so that patterns are also tried on tied and grouped ones. */
const kinds = [{}, { tied: true }, { heads: 4, kvHeads: 2 }];

describeOperator(operator, {
  cases: Object.entries(patterns).map(([pattern, [connected = 0]], i) => ({
    ...{ name: `${pattern}, 6 → 24`, base: kinds[i % kinds.length] as object, options: { pattern, factor: 4 } },
    ...{ layers: written(pattern, 6, 24), connectionRate: [connected as number, 23] as const },
  })),
  refuses: [
    { options: { pattern: "13-456x7" }, code: "E_GROWTH_PATTERN" },
    { options: { factor: 4 }, code: "E_GROWTH_OPTION" },
    { base: { layers: 8 }, options: { pattern: "123456x4", factor: 4 }, code: "E_GROWTH_LAYERS" },
    { options: { pattern: "123456x4", factor: 1 }, code: "E_GROWTH_LAYERS" },
    { options: { pattern: "123456x4", layers: 25.5 }, code: "E_GROWTH_OPTION" },
    { options: { pattern: "123456x4", factor: 2, layers: 12 }, code: "E_GROWTH_OPTION" },
  ],
});

/** The layers of a target as the paper writes them: the middle's digits once more until there are enough sixths. */
function written(pattern: string, base: number, target: number): number[] {
  const unit = base / 6;
  for (let times = 1; ; times++) {
    const digits = pattern.replace(/(\d+)x\d+/, (_, middle: string) => middle.repeat(times)).replaceAll("-", "");
    if (digits.length * unit < target) continue;
    return [...digits].flatMap((digit) => Array.from({ length: unit }, (_, i) => (Number(digit) - 1) * unit + i));
  }
}

test.each(Object.entries(patterns))("%s at every depth: layers as written, connections as counted", (pattern, kept) => {
  growths.forEach(([layers, target], i) => {
    const plan = () => operator.plan(baseModel({ layers }), { pattern, layers: target });
    if (kept[i] === null) expect(plan).toThrow(expect.objectContaining({ code: "E_GROWTH_LAYERS" }));
    else {
      const map = layerMap(plan());
      expect(map).toEqual(written(pattern, layers, target));
      expect(connectionRate(map)).toMatchObject({ numerator: kept[i], denominator: target - 1 });
    }
  });
  // At 6 → 24 the repeats are the ones that the pattern names.
  const [, middle = "", times] = /(\d+)x(\d+)/.exec(pattern) ?? [];
  const digits = pattern.replace(/(\d+)x\d+/, middle.repeat(Number(times))).replaceAll("-", "");
  expect(written(pattern, 6, 24).map((layer) => layer + 1)).toEqual([...digits].map(Number));
});
