// Partial stacking through the conformance suite: the paper's eight patterns, over many depths.
import { describeOperator, type OperatorCase, type Refusal } from "@cambium/growth/conformance";
import { expect, test } from "vitest";
import operator from "../src/index.js";
import { growths, patterns } from "./patterns.js";

/** The bases take turns, so that the patterns also meet tied and grouped ones. */
const kinds = [{}, { tied: true }, { heads: 4, kvHeads: 2 }];
const cases: OperatorCase[] = [];
const refuses: Refusal[] = [
  { options: { pattern: "13-456x7" }, code: "E_GROWTH_PATTERN" },
  { options: { factor: 4 }, code: "E_GROWTH_OPTION" },
];
for (const [pattern, kept] of Object.entries(patterns)) {
  growths.forEach(([base, target], i) => {
    const options = { pattern, layers: target };
    const connected = kept[i] as number | null;
    const growth = { base: { layers: base, ...kinds[i % kinds.length] }, options };
    if (connected === null) refuses.push({ ...growth, code: "E_GROWTH_LAYERS" });
    else
      cases.push({
        ...{ name: `${pattern}, ${base} → ${target}`, ...growth },
        layers: written(pattern, base, target),
        connectionRate: [connected, target - 1],
      });
  });
  refuses.push(
    { base: { layers: 8 }, options: { pattern, factor: 4 }, code: "E_GROWTH_LAYERS" },
    { options: { pattern, factor: 1 }, code: "E_GROWTH_LAYERS" },
    { options: { pattern, layers: 25.5 }, code: "E_GROWTH_OPTION" },
    { options: { pattern, factor: 2, layers: 12 }, code: "E_GROWTH_OPTION" },
  );
}

/** The layers of a target as the paper writes them: the middle's digits once more until there are enough sixths. */
function written(pattern: string, base: number, target: number): number[] {
  const unit = base / 6;
  for (let times = 1; ; times++) {
    const digits = pattern.replace(/(\d+)x\d+/, (_, middle: string) => middle.repeat(times)).replaceAll("-", "");
    if (digits.length * unit < target) continue;
    return [...digits].flatMap((digit) => Array.from({ length: unit }, (_, i) => (Number(digit) - 1) * unit + i));
  }
}

describeOperator(operator, { cases, refuses });

test("at 6 → 24 layers the repeats are the ones that the pattern names", () => {
  for (const pattern of Object.keys(patterns)) {
    const [, middle = "", times] = /(\d+)x(\d+)/.exec(pattern) ?? [];
    const digits = pattern.replace(/(\d+)x\d+/, middle.repeat(Number(times))).replaceAll("-", "");
    expect([pattern, digits]).toEqual([
      pattern,
      written(pattern, 6, 24)
        .map((layer) => layer + 1)
        .join(""),
    ]);
  }
});
