// Plans of growth: published sizes, budgets that add up, and inputs outside the formulas' ranges.
import { countParameters, modelSizes } from "@cambium/model";
import { describe, expect, it } from "vitest";
import { type GrowthWay, paceOf, parseDevices, planGrowth, shape, shapeNear, stepLaw } from "../src/index.js";

const options = { vocab: 32_000, context: 2048 };
const way = (ways: readonly GrowthWay[], name: GrowthWay["name"]) => ways.find((one) => one.name === name) as GrowthWay;

describe("planGrowth", () => {
  // Du et al. 2024, Table 4: the paper prints 6.58, 11.11, 15.84 and 42.48 B.
  it.each([
    ["Llama3-8B", 8e9, 15e12, 6.58],
    ["Llama2-7B", 7e9, 2e12, 11.11],
    ["Llama2-13B", 13e9, 2e12, 15.84],
    ["Llama2-70B", 70e9, 2e12, 42.48],
  ])("grows for %s at the paper's time", (_, nominal, tokens, billions) => {
    const target = shapeNear(nominal, options);
    expect(Math.abs(countParameters(target).total / nominal - 1)).toBeLessThan(0.1);
    const { baseTokens, factor, base } = way(planGrowth({ target, nominal, flops: 6 * nominal * tokens }), "stack");
    expect(Math.abs(baseTokens / 1e9 - billions)).toBeLessThan(0.006);
    expect(factor).toBeCloseTo(4, 2);
    expect(modelSizes(base).layers * 4).toBe(modelSizes(target).layers);
  });

  it.each([
    [shape({ layers: 24, hidden: 2048 }, options), 8e20],
    [shape({ layers: 7, hidden: 128 }, { vocab: 256, context: 64 }), 1e13],
    [shape({ layers: 4, hidden: 64 }, { vocab: 256, context: 64 }), 1e12],
  ])("spends exactly the budget in every way", (target, flops) => {
    const N = countParameters(target).total;
    for (const { base, baseTokens, targetTokens, flops: spent, operator, figures } of planGrowth({ target, flops })) {
      const n = countParameters(base).total;
      expect((6 * n * baseTokens + 6 * N * targetTokens) / flops).toBeCloseTo(1, 12);
      expect((spent.base + spent.target) / flops).toBeCloseTo(1, 12);
      expect(targetTokens).toBeGreaterThan(0);
      expect(figures.every(({ formula, source }) => formula !== "" && source !== "")).toBe(true);
      if (operator.options.map === undefined) continue;
      const map = operator.options.map.split(",").flatMap((range) => {
        const [from = 0, to = 0] = range.split("-").map(Number);
        return Array.from({ length: to - from + 1 }, (_, i) => from + i);
      });
      expect(map).toHaveLength(modelSizes(target).layers);
      expect(new Set(map).size).toBe(modelSizes(base).layers);
    }
  });

  it("grows late after 80 % of the tokens, and the middle with 27.1 % of them left", () => {
    const ways = planGrowth({ target: shape({ layers: 24, hidden: 1024 }, options), flops: 1e19 });
    const share = ({ baseTokens, targetTokens }: GrowthWay) => targetTokens / (baseTokens + targetTokens);
    expect(share(way(ways, "late"))).toBeCloseTo(0.2, 9);
    expect(share(way(ways, "middle"))).toBeCloseTo(0.271, 9);
    // Prelude 4, core 4 repeated four times, coda 4: 24 = 4 + 4·4 + 4.
    expect(way(ways, "middle").operator.options.map).toBe("0-11,4-15");
  });

  it("says of a run whether its size and its budget were measured", () => {
    const target = shapeNear(7e9, options);
    const [inside, outside] = [1e22, 1e24].map((flops) => way(planGrowth({ target, flops }), "stack").inRegime);
    expect([inside, outside]).toEqual([
      { size: true, budget: true },
      { size: true, budget: false },
    ]);
    const small = planGrowth({ target: shape({ layers: 24, hidden: 1024 }, options), flops: 1e30 });
    expect(way(small, "middle").inRegime).toEqual({ size: true, budget: "not published" });
  });

  it("does not use eq. 10 outside its range, but a tenth of the tokens", () => {
    const target = shape({ layers: 8, hidden: 128 }, { vocab: 256, context: 128 });
    const flops = 6 * countParameters(target).total * 1.2e6;
    const stack = way(planGrowth({ target, flops }), "stack");
    expect(stack.baseTokens / 1.2e5).toBeCloseTo(1, 9);
    expect(stack.inRegime).toEqual({ size: false, budget: false });
    expect(stack.advice[0]).toMatch(/does not apply.*below 5e19.*fewer than 200M.*above 20 %/);
    expect(() => planGrowth({ target: shape({ layers: 3 }, options), flops })).toThrow(/too shallow/);
  });
});

describe("a shape of a given size", () => {
  it.each([5e6, 6e7, 1.1e9, 7e9])("has nearly %d parameters", (wanted) => {
    const { total } = countParameters(shapeNear(wanted, { vocab: 32_000, context: 64 }));
    expect(Math.abs(Math.log(total / wanted))).toBeLessThanOrEqual(Math.log(1.25));
  });

  it.each([5e5, 1e15])("is refused for %d parameters", (wanted) => {
    expect(() => shapeNear(wanted, { vocab: 32_000, context: 64 })).toThrow(/about that many parameters/);
  });
});

describe("Step Law and devices", () => {
  it("are the published formulas", () => {
    // By hand: ln lr = ln 1.79 − 0.713·ln 1e9 + 0.307·ln 1e11; ln B = ln 0.58 + 0.571·ln 1e11.
    const { lr, batchTokens, inside } = stepLaw(1e9, 1e11);
    expect(Math.log10(lr)).toBeCloseTo(Math.log10(1.79) - 0.713 * 9 + 0.307 * 11, 12);
    expect(Math.log10(batchTokens)).toBeCloseTo(Math.log10(0.58) + 0.571 * 11, 12);
    expect(inside).toBe(true);
    expect(stepLaw(1e7, 1e9).inside).toBe(false);
    // Small models get the rate of the box's corner; large ones the law's own, which is lower than the corner's.
    expect(stepLaw(1e5, 1e6).lr).toBe(stepLaw(6e7, 2e9).lr);
    expect(Math.log10(stepLaw(1e10, 1e12).lr)).toBeCloseTo(Math.log10(1.79) - 0.713 * 10 + 0.307 * 12, 12);
    expect(stepLaw(1e10, 1e12).lr).toBeLessThan(stepLaw(1.1e9, 1e11).lr);
    expect(paceOf(parseDevices("H100:8", 0.4))).toBeCloseTo(8 * 989e12 * 0.4, -3);
    expect(() => parseDevices("abacus", 0.4)).toThrow(/unknown device/);
  });
});
