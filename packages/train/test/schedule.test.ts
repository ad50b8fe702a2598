// Schedules against their definitions, over random settings.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ScheduleName, type ScheduleOptions, schedule } from "../src/index.js";
import { errorOf, reasonsOf } from "./support/errors.js";

/** Settings with room for each part: warm-up + stable + decay = total. */
const settings = fc
  .record({
    name: fc.constantFrom<ScheduleName>("constant", "cosine", "linear", "wsd"),
    peak: fc.double({ min: 1e-6, max: 1, noNaN: true }),
    floorShare: fc.double({ min: 0, max: 1, noNaN: true }),
    warmupSteps: fc.nat(50),
    stableSteps: fc.nat(200),
    decaySteps: fc.integer({ min: 1, max: 200 }),
    stepTokens: fc.integer({ min: 1, max: 4096 }),
  })
  .map(({ name, peak, floorShare, warmupSteps, stableSteps, decaySteps, stepTokens }) => ({
    stepTokens,
    warmupSteps,
    steps: warmupSteps + stableSteps + decaySteps,
    stableEnd: warmupSteps + stableSteps,
    options: {
      name,
      peak,
      floor: peak * floorShare,
      warmup: warmupSteps * stepTokens,
      total: (warmupSteps + stableSteps + decaySteps) * stepTokens,
      options: name === "wsd" ? { decay: decaySteps * stepTokens } : {},
    },
    decay: decaySteps * stepTokens,
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
        const end = options.name === "constant" ? options.peak : options.floor;
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
      fc.property(settings, fc.double({ min: 0, max: 1.1, noNaN: true }), ({ options, decay, stepTokens }, where) => {
        const rate = schedule(options);
        const at = Math.floor(where * options.total);
        const { peak, warmup, total } = options;
        const cosine = Math.PI / 2 / Math.max(1, total - warmup);
        const steepest = Math.max(warmup > 0 ? 1 / warmup : 0, cosine, 1 / decay);
        const change = Math.abs(rate(at + 1, stepTokens) - rate(at, stepTokens));
        expect(change).toBeLessThanOrEqual(peak * (steepest + rounding));
      }),
    );
  });

  it("follows half a cosine or a straight line, or keeps a plateau and then falls", () => {
    fc.assert(
      fc.property(
        settings,
        fc.double({ min: 0, max: 1, noNaN: true }),
        ({ options, decay, stableEnd, stepTokens }, share) => {
          const { peak, floor, warmup, total } = options;
          const cosine = schedule({ ...options, name: "cosine", options: {} });
          const turned = cosine(warmup + share * (total - warmup), stepTokens);
          const expected = floor + (peak - floor) * Math.cos((Math.PI / 2) * share) ** 2;
          expect(Math.abs(turned - expected)).toBeLessThan(rounding * peak);
          const linear = schedule({ ...options, name: "linear", options: {} });
          const straight = linear(warmup + share * (total - warmup), stepTokens);
          expect(Math.abs(straight - (peak - (peak - floor) * share))).toBeLessThan(rounding * peak);
          const wsd = schedule({ ...options, name: "wsd", options: { decay } });
          const plateau = warmup + share * (stableEnd * stepTokens - warmup);
          expect(Math.abs(wsd(plateau, stepTokens) - peak)).toBeLessThan(rounding * peak);
          const falling = wsd(stableEnd * stepTokens + share * decay, stepTokens);
          expect(Math.abs(falling - (peak - (peak - floor) * share))).toBeLessThan(rounding * peak);
        },
      ),
    );
  });

  it("fills in: no warm-up, a floor of a tenth, a decay of a fifth", () => {
    const cosine = schedule({ name: "cosine", peak: 1, total: 100 });
    expect([cosine(0, 10), cosine(100, 10)]).toEqual([1, 0.1]);
    const wsd = schedule({ name: "wsd", peak: 1, total: 100 });
    expect([wsd(80, 10), wsd(90, 10), wsd(100, 10)]).toEqual([1, 0.5 + 0.05, 0.1]);
  });

  it("takes a warm-up, or a decay, that is all there is, or none", () => {
    expect(schedule({ name: "cosine", peak: 1, total: 100, warmup: 100 })(99, 1)).toBe(1);
    const steep = schedule({ name: "wsd", peak: 1, total: 100, options: { decay: 0 } });
    expect([steep(99, 1), steep(100, 1), steep(1000, 1)]).toEqual([1, 1, 0.1]);
    const short = schedule({ name: "wsd", peak: 1, total: 100, warmup: 90 });
    expect([short(80, 10), short(90, 1), short(95, 1)]).toEqual([1, 1, 0.55]);
    expect(schedule({ name: "constant", peak: 1, total: 10, warmup: 20 })(5, 5)).toBe(0.5);
  });

  it.each<[string, Partial<ScheduleOptions>, string[]]>([
    ["a peak of nothing", { peak: 0 }, ["peak"]],
    ["a peak without end", { peak: Number.POSITIVE_INFINITY }, ["peak"]],
    ["a floor above the peak", { floor: 2 }, ["floor"]],
    ["a floor below zero", { floor: -0.1 }, ["floor"]],
    ["no tokens", { total: 0 }, ["total"]],
    ["tokens without end", { name: "wsd", total: Number.POSITIVE_INFINITY }, ["total"]],
    ["a warm-up beyond the end", { warmup: 101 }, ["warmup"]],
    ["a negative warm-up", { name: "constant", warmup: -1 }, ["warmup"]],
    ["a warm-up without end", { name: "constant", warmup: Number.POSITIVE_INFINITY }, ["warmup"]],
    ["a decay that meets the warm-up", { name: "wsd", warmup: 60, options: { decay: 50 } }, ["options.decay"]],
    [
      "NaN in everything",
      { name: "wsd", peak: Number.NaN, total: Number.NaN, warmup: Number.NaN },
      ["peak", "total", "warmup"],
    ],
    ["all at once", { name: "wsd", peak: 1, floor: 3, warmup: 20, options: { decay: 90 } }, ["floor", "options.decay"]],
  ])("refuses %s", async (_, given, where) => {
    const error = await errorOf(() => schedule({ name: "cosine", peak: 1, total: 100, ...given }));
    expect(error.code).toBe("E_SCHEDULE");
    expect(reasonsOf(error)).toEqual(where);
  });

  it("goes on with a schedule that began before the stage, and rises again to it where asked", () => {
    fc.assert(
      fc.property(settings, fc.nat(300), fc.nat(100), ({ options, stepTokens }, before, rewarmSteps) => {
        const position = before * stepTokens;
        const whole = schedule(options);
        const rest = schedule({ ...options, position });
        const risen = schedule({ ...options, position, rewarm: rewarmSteps * stepTokens });
        for (const i of [0, 1, 2, 7, 50, 99, 100, 400]) {
          const unbroken = whole(position + i * stepTokens, stepTokens);
          expect(rest(i * stepTokens, stepTokens)).toBe(unbroken);
          // The factor min(1, (t − g)/k) of the t-th step, grown after step g.
          const factor = Math.min(1, (i + 1) / Math.max(1, rewarmSteps));
          expect(Math.abs(risen(i * stepTokens, stepTokens) - factor * unbroken)).toBeLessThan(rounding * options.peak);
        }
      }),
    );
  });

  it("refuses options of another schedule", async () => {
    const error = await errorOf(() => schedule({ name: "cosine", options: { decay: 3 }, peak: 1, total: 100 }));
    expect(error.code).toBe("E_SCHEDULE");
  });
});
