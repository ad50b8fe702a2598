// Fits recover known coefficients to 1e-6, and refuse data that does not determine them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitBudgets, isoFlopOptimum, paperTiming, refitTiming, type TimedRun, timingEquation } from "../src/index.js";

const rank = expect.objectContaining({
  code: "E_SCALING_RANK",
  message: expect.stringContaining("do not determine the fit"),
});
const range = (min: number, max: number) => fc.double({ min, max, noNaN: true });

describe("isoFlopOptimum", () => {
  it("finds the minimum of an exact parabola", () => {
    fc.assert(
      fc.property(range(7, 10), range(0.01, 2), range(1, 4), (best, bend, loss) => {
        const runs = [-1, -0.4, 0.1, 0.8].map((x) => ({ choice: 10 ** (best + x), loss: loss + bend * x * x }));
        const optimum = isoFlopOptimum(runs);
        if (!optimum.found) throw new Error(optimum.reason);
        expect(Math.log10(optimum.choice)).toBeCloseTo(best, 8);
        expect(optimum.loss).toBeCloseTo(loss, 8);
      }),
    );
  });

  it.each([
    [
      "two choices",
      [
        [1, 3],
        [10, 2],
        [10, 2.1],
      ],
      /2 distinct choices/,
    ],
    [
      "a concave parabola",
      [
        [1, 2],
        [10, 3],
        [100, 2],
      ],
      /do not bend/,
    ],
    [
      "a minimum beyond the choices",
      [
        [1, 9],
        [10, 4],
        [100, 1],
      ],
      /outside/,
    ],
  ])("has no answer for %s", (_, runs, reason) => {
    const optimum = isoFlopOptimum(runs.map(([choice, loss]) => ({ choice: choice as number, loss: loss as number })));
    expect(optimum).toEqual({ found: false, reason: expect.stringMatching(reason) });
  });
});

describe("fitBudgets", () => {
  const family = (flops: number, best: number) =>
    [0.3, 0.7, 1, 2, 4].map((x, line) => ({ line, group: `${flops}`, x: [best * x], y: 2 + Math.log10(x) ** 2 }));
  const single = { line: 1, group: "1e22", x: [1e9], y: 2 };

  it("recovers the exponent of the best choice, and names budgets without an optimum", () => {
    const budgets = [1e18, 1e19, 1e20, 1e21].flatMap((flops) => family(flops, 0.09 * flops ** 0.5));
    const { law, groups, warnings } = fitBudgets([...budgets, single], 0);
    expect(law?.exponent).toBeCloseTo(0.5, 8);
    expect(law?.coefficient).toBeCloseTo(0.09, 8);
    expect(Object.keys(groups)).toHaveLength(4);
    expect(warnings).toContainEqual(expect.stringMatching(/^1e22/));
  });

  it("has no law over a single budget, and refuses budgets without three choices", () => {
    expect(fitBudgets([...family(1e18, 1e9), single], 0).law).toBeNull();
    expect(() => fitBudgets([single], 0)).toThrow(rank);
  });
});

describe("refitTiming", () => {
  const budgets = [0.8e20, 1e20, 1.2e20, 3e20];
  /** Runs whose loss at every budget is an exact parabola around the paper's best d. */
  function family(parameters: number, spread: readonly number[]): TimedRun[] {
    return spread.map((x) => {
      const baseTokens = timingEquation(paperTiming, parameters, 1e20) * 10 ** x;
      const curve = budgets.map((flops) => {
        const away = Math.log10(baseTokens / timingEquation(paperTiming, parameters, flops));
        return { cost: flops, loss: 40 * flops ** -0.06 + 0.1 * away ** 2 };
      });
      return { parameters, baseTokens, baseFlops: 1e18, curve };
    });
  }
  const spread = [-0.9, -0.3, 0.2, 0.8];

  it("recovers the paper's coefficients to 1e-6", () => {
    const runs = [...family(0.41e9, spread), ...family(1.1e9, spread), ...family(3e9, spread)];
    const fit = refitTiming([...runs, { ...(runs[0] as TimedRun), baseTokens: 0 }], budgets);
    expect(fit.coefficients.logParameters / 0.88 - 1).toBeCloseTo(0, 6);
    expect(fit.coefficients.inverseLogFlops / 163.27 - 1).toBeCloseTo(0, 6);
    expect(fit.coefficients.constant / -5.74 - 1).toBeCloseTo(0, 6);
    expect(fit.r2).toBeCloseTo(1, 9);
    expect(fit.optima).toHaveLength(12);
    expect(Math.max(...fit.optima.map(({ residual }) => Math.abs(residual)))).toBeLessThan(1e-8);
    expect(fit.discarded).toEqual([]);
  });

  it("leaves out runs whose base alone exceeds the budget", () => {
    const runs = [...family(0.41e9, spread), ...family(1.1e9, spread), ...family(3e9, spread)];
    const late = runs.map((run, i) => (i < 2 ? { ...run, baseFlops: 0.9e20 } : run));
    const fit = refitTiming(late, budgets);
    expect(fit.discarded).toEqual([{ parameters: 0.41e9, flops: 0.8e20, reason: "2 distinct choices, 3 needed" }]);
    expect(fit.coefficients.logParameters).toBeCloseTo(0.88, 6);
  });

  it("refuses one model, one budget, too few points and models that vary with budgets", () => {
    const two = [...family(0.41e9, spread), ...family(1.1e9, spread)];
    expect(() => refitTiming(family(1.1e9, spread), budgets)).toThrow(rank);
    expect(() => refitTiming([...two, ...family(3e9, spread)], [1e20])).toThrow(rank);
    expect(() => refitTiming(two, [1e20])).toThrow(rank);
    expect(() => refitTiming([], budgets)).toThrow(rank);
    // Each model has an optimum at one budget only, so log10 N and 1 / log10 C lie on a line.
    const tied = [0.8e20, 1.2e20].flatMap((flops, i) =>
      family(i === 0 ? 0.41e9 : 1.1e9, spread).map((run) => ({
        ...run,
        curve: run.curve.filter((point) => point.cost === flops),
      })),
    );
    expect(() => refitTiming([...tied, ...tied.map((run) => ({ ...run }))], budgets)).toThrow(rank);
  });
});
