// Schedules against their definitions, over random settings.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ScheduleOptions, schedule } from "../src/index.js";
import { errorOf, reasonsOf } from "./support/errors.js";

/** Settings with room for each part: warm-up + stable + decay = total. */
const settings = fc
  .record({
    kind: fc.constantFrom<ScheduleOptions["kind"]>("constant", "cosine", "wsd"),
    peak: fc.double({ min: 1e-6, max: 1, noNaN: true }),
    floorShare: fc.double({ min: 0, max: 1, noNaN: true }),
    warmupSteps: fc.nat(50),
    stableSteps: fc.nat(200),
    decaySteps: fc.integer({ min: 1, max: 200 }),
    stepTokens: fc.integer({ min: 1, max: 4096 }),
  })
  .map(({ kind, peak, floorShare, warmupSteps, stableSteps, decaySteps, stepTokens }) => ({
    stepTokens,
    warmupSteps,
    steps: warmupSteps + stableSteps + decaySteps,
    stableEnd: warmupSteps + stableSteps,
    options: {
      kind,
      peak,
      floor: peak * floorShare,
      warmupTokens: warmupSteps * stepTokens,
      totalTokens: (warmupSteps + stableSteps + decaySteps) * stepTokens,
      decayTokens: decaySteps * stepTokens,
    },
  }));

/** Rounding of the few operations on the way to a rate. */
const rounding = 1e-12;

describe("schedule", () => {
  it("warms up by peak / k a step, reaching the peak at step k", () => {
    fc.assert(
      fc.property(settings, ({ options, warmupSteps, stepTokens }) => {
        const rate = schedule(options);
        for (let i = 1; i <= warmupSteps; i++) {
          const expected = (options.peak * i) / warmupSteps;
          expect(Math.abs(rate((i - 1) * stepTokens, stepTokens) / expected - 1)).toBeLessThan(rounding);
        }
        expect(rate(warmupSteps * stepTokens, stepTokens)).toBe(options.peak);
      }),
    );
  });

  it("falls from the peak to the floor and stays there", () => {
    fc.assert(
      fc.property(settings, ({ options, warmupSteps, steps, stepTokens }) => {
        const rate = schedule(options);
        const rates = Array.from({ length: steps - warmupSteps + 3 }, (_, i) => {
          return rate((warmupSteps + i) * stepTokens, stepTokens);
        });
        const end = options.kind === "constant" ? options.peak : options.floor;
        expect(rates[0]).toBe(options.peak);
        expect(rates.slice(steps - warmupSteps)).toEqual([end, end, end]);
        const slack = rounding * options.peak;
        const wrong = rates.filter((rate, i) => !(rate >= end - slack && rate <= (rates[i - 1] ?? rate) + slack));
        expect(wrong).toEqual([]);
      }),
    );
  });

  it("is continuous: a token changes it by no more than its steepest slope", () => {
    fc.assert(
      fc.property(settings, fc.double({ min: 0, max: 1.1, noNaN: true }), ({ options, stepTokens }, where) => {
        const rate = schedule(options);
        const at = Math.floor(where * options.totalTokens);
        const { peak, warmupTokens, totalTokens, decayTokens } = options;
        const cosine = Math.PI / 2 / Math.max(1, totalTokens - warmupTokens);
        const steepest = Math.max(warmupTokens > 0 ? 1 / warmupTokens : 0, cosine, 1 / decayTokens);
        const change = Math.abs(rate(at + 1, stepTokens) - rate(at, stepTokens));
        expect(change).toBeLessThanOrEqual(peak * (steepest + rounding));
      }),
    );
  });

  it("follows half a cosine, or keeps a plateau and then falls in a straight line", () => {
    fc.assert(
      fc.property(settings, fc.double({ min: 0, max: 1, noNaN: true }), ({ options, stableEnd, stepTokens }, share) => {
        const { peak, floor, warmupTokens, totalTokens, decayTokens } = options;
        const cosine = schedule({ ...options, kind: "cosine" });
        const turned = cosine(warmupTokens + share * (totalTokens - warmupTokens), stepTokens);
        const expected = floor + (peak - floor) * Math.cos((Math.PI / 2) * share) ** 2;
        expect(Math.abs(turned - expected)).toBeLessThan(rounding * peak);
        const wsd = schedule({ ...options, kind: "wsd" });
        const plateau = warmupTokens + share * (stableEnd * stepTokens - warmupTokens);
        expect(Math.abs(wsd(plateau, stepTokens) - peak)).toBeLessThan(rounding * peak);
        const falling = wsd(stableEnd * stepTokens + share * decayTokens, stepTokens);
        expect(Math.abs(falling - (peak - (peak - floor) * share))).toBeLessThan(rounding * peak);
      }),
    );
  });

  it("fills in: no warm-up, a floor of a tenth, a decay of a fifth", () => {
    const cosine = schedule({ kind: "cosine", peak: 1, totalTokens: 100 });
    expect([cosine(0, 10), cosine(100, 10)]).toEqual([1, 0.1]);
    const wsd = schedule({ kind: "wsd", peak: 1, totalTokens: 100 });
    expect([wsd(80, 10), wsd(90, 10), wsd(100, 10)]).toEqual([1, 0.5 + 0.05, 0.1]);
  });

  it("takes a warm-up, or a decay, that is all there is, or none", () => {
    expect(schedule({ kind: "cosine", peak: 1, totalTokens: 100, warmupTokens: 100 })(99, 1)).toBe(1);
    const steep = schedule({ kind: "wsd", peak: 1, totalTokens: 100, decayTokens: 0 });
    expect([steep(99, 1), steep(100, 1), steep(1000, 1)]).toEqual([1, 1, 0.1]);
    const short = schedule({ kind: "wsd", peak: 1, totalTokens: 100, warmupTokens: 90 });
    expect([short(80, 10), short(90, 1), short(95, 1)]).toEqual([1, 1, 0.55]);
    expect(schedule({ kind: "constant", peak: 1, totalTokens: 10, warmupTokens: 20 })(5, 5)).toBe(0.5);
  });

  it.each<[string, Partial<ScheduleOptions>, string[]]>([
    ["a peak of nothing", { peak: 0 }, ["peak"]],
    ["a peak without end", { peak: Number.POSITIVE_INFINITY }, ["peak"]],
    ["a floor above the peak", { floor: 2 }, ["floor"]],
    ["a floor below zero", { floor: -0.1 }, ["floor"]],
    ["no tokens", { totalTokens: 0 }, ["totalTokens"]],
    ["tokens without end", { kind: "wsd", totalTokens: Number.POSITIVE_INFINITY }, ["totalTokens"]],
    ["a warm-up beyond the end", { warmupTokens: 101 }, ["warmupTokens"]],
    ["a negative warm-up", { kind: "constant", warmupTokens: -1 }, ["warmupTokens"]],
    ["a warm-up without end", { kind: "constant", warmupTokens: Number.POSITIVE_INFINITY }, ["warmupTokens"]],
    ["a decay that meets the warm-up", { kind: "wsd", warmupTokens: 60, decayTokens: 50 }, ["decayTokens"]],
    [
      "NaN in everything",
      { kind: "wsd", peak: Number.NaN, totalTokens: Number.NaN, warmupTokens: Number.NaN },
      ["peak", "totalTokens", "warmupTokens"],
    ],
    ["all at once", { kind: "wsd", peak: 1, floor: 3, warmupTokens: 20, decayTokens: 90 }, ["floor", "decayTokens"]],
  ])("refuses %s", async (_, given, where) => {
    const error = await errorOf(() => schedule({ kind: "cosine", peak: 1, totalTokens: 100, ...given }));
    expect(error.code).toBe("E_SCHEDULE");
    expect(reasonsOf(error)).toEqual(where);
  });
});
