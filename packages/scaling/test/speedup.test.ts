// Speed-up at equal loss, on curves with crossings known in closed form.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { costAtLoss, type LossCurve, lossAtCost, runningMin, smoothLoss, speedup, speedupAtEnd } from "../src/index.js";

/** loss = top − slope · ln cost: exact under interpolation in log cost. */
function straight(costs: readonly number[], top: number, slope: number): LossCurve {
  return costs.map((cost) => ({ cost, loss: top - slope * Math.log(cost) }));
}

const increasing = fc
  .array(fc.double({ min: 0.01, max: 3, noNaN: true }), { minLength: 3, maxLength: 20 })
  .map((steps) => steps.map((_, i) => steps.slice(0, i + 1).reduce((cost, step) => cost * (1 + step), 1)));

const noisy = fc
  .tuple(increasing, fc.array(fc.double({ min: 0.1, max: 8, noNaN: true }), { minLength: 21, maxLength: 21 }))
  .map(([costs, losses]): LossCurve => costs.map((cost, i) => ({ cost, loss: losses[i] as number })));

describe("speedup", () => {
  it("gives the paper's check, 300 / 194 - 1 = 54.64 %", () => {
    const curve = (cost: number): LossCurve => [
      { cost: 1, loss: 4 },
      { cost, loss: 2 },
    ];
    expect(speedup(curve(300), curve(194), 2)).toBeCloseTo(0.5464, 4);
  });

  it("finds crossings of curves that are straight in log cost exactly, for any points", () => {
    fc.assert(
      fc.property(increasing, increasing, fc.double({ min: 0.3, max: 3, noNaN: true }), (a, b, slope) => {
        const [scratch, grown] = [straight(a, 10, slope), straight(b, 9, slope)];
        const end = speedupAtEnd(scratch, grown);
        if (end === null) return;
        // 10 − k ln s = 9 − k ln g  ⇒  s / g = e^(1/k). Tolerance: rounding of log and exp.
        expect(Math.log(end.speedup + 1)).toBeCloseTo(1 / slope, 9);
        expect(speedup(scratch, grown, end.loss)).toBe(end.speedup);
      }),
    );
  });

  it("is 0 against itself, inverts when swapped, and scales with the cost of scratch", () => {
    fc.assert(
      fc.property(noisy, noisy, fc.double({ min: 0.1, max: 10, noNaN: true }), (scratch, grown, k) => {
        expect(speedupAtEnd(scratch, scratch)?.speedup ?? 0).toBe(0);
        const [there, back] = [speedupAtEnd(scratch, grown), speedupAtEnd(grown, scratch)];
        expect(there === null).toBe(back === null);
        if (there === null || back === null) return;
        expect((1 + there.speedup) * (1 + back.speedup)).toBeCloseTo(1, 9);
        const dearer = scratch.map((point) => ({ ...point, cost: k * point.cost }));
        const scaled = speedup(dearer, grown, there.loss) as number;
        expect((1 + scaled) / (1 + there.speedup)).toBeCloseTo(k, 9);
      }),
    );
  });

  it("uses the lowest loss that both reach as L*", () => {
    const scratch: LossCurve = [
      { cost: 1, loss: 4 },
      { cost: 8, loss: 2 },
      { cost: 9, loss: 2.2 },
    ];
    const grown: LossCurve = [
      { cost: 1, loss: 4 },
      { cost: 4, loss: 3 },
      { cost: 16, loss: 1 },
    ];
    const end = speedupAtEnd(scratch, grown);
    expect(end).toMatchObject({ loss: 2, scratchCost: 8 });
    expect(end?.grownCost).toBeCloseTo(8, 12);
    expect(end?.speedup).toBeCloseTo(0, 12);
  });

  it("may be negative", () => {
    expect(speedup(straight([1, 10, 100], 9, 1), straight([1, 10, 100], 10, 1), 6)).toBeCloseTo(Math.exp(-1) - 1, 12);
  });

  it("is null if a run does not reach the loss, has no loss, or was below it at its first measurement", () => {
    const curve: LossCurve = [
      { cost: 1, loss: 4 },
      { cost: 8, loss: 2 },
    ];
    expect(speedup(curve, curve, 1.9)).toBeNull();
    expect(speedup(curve, curve, 4.1)).toBeNull();
    expect(speedupAtEnd(curve, [])).toBeNull();
    expect(speedupAtEnd(curve, [{ cost: 1, loss: Number.NaN }])).toBeNull();
    expect(
      speedupAtEnd(curve, [
        { cost: 1, loss: 5 },
        { cost: 2, loss: 4.5 },
      ]),
    ).toBeNull();
  });
});

describe("curves", () => {
  it("ignores bumps, NaN losses and a measurement at cost 0", () => {
    const curve: LossCurve = [
      { cost: 0, loss: 9 },
      { cost: 1, loss: 4 },
      { cost: 2, loss: Number.NaN },
      { cost: 3, loss: 5 },
      { cost: 4, loss: 2 },
      { cost: 5, loss: 3 },
    ];
    expect(runningMin(curve).map((point) => point.loss)).toEqual([9, 4, 4, 4, 2, 2]);
    expect(costAtLoss(curve, 3)).toBeCloseTo(Math.sqrt(3 * 4), 12);
    expect(costAtLoss(curve, 4)).toBe(1);
    expect(costAtLoss(curve, 9)).toBeNull();
  });

  it("costAtLoss inverts lossAtCost on a falling curve", () => {
    fc.assert(
      fc.property(increasing, fc.double({ min: 0, max: 1, noNaN: true }), (costs, t) => {
        const curve = costs.map((cost, i) => ({ cost, loss: 10 / (i + 1) }));
        const [first, last] = [costs[0] as number, costs.at(-1) as number];
        const cost = Math.min(last, Math.max(first, first * (last / first) ** t));
        const loss = lossAtCost(curve, cost) as number;
        expect(costAtLoss(curve, loss)).toBeCloseTo(cost, 6);
        expect(lossAtCost(curve, last * 1.01)).toBeNull();
        expect(lossAtCost(curve, first * 0.99)).toBeNull();
      }),
    );
  });

  it("smooths by an exponential moving average that starts at the first loss", () => {
    const curve = [4, 2, 2].map((loss, i) => ({ cost: i, loss, step: i }));
    expect(smoothLoss(curve, 0.5)).toEqual([
      { cost: 0, loss: 4, step: 0 },
      { cost: 1, loss: 3, step: 1 },
      { cost: 2, loss: 2.5, step: 2 },
    ]);
    expect(smoothLoss(curve, 0)).toEqual(curve);
    expect(() => smoothLoss(curve, 1)).toThrow(expect.objectContaining({ code: "E_SCALING_INPUT" }));
    fc.assert(
      fc.property(noisy, fc.double({ min: 0, max: 0.99, noNaN: true }), (points, weight) => {
        const losses = points.map((point) => point.loss);
        for (const { loss } of smoothLoss(points, weight)) {
          expect(loss).toBeGreaterThanOrEqual(Math.min(...losses) - 1e-12);
          expect(loss).toBeLessThanOrEqual(Math.max(...losses) + 1e-12);
        }
      }),
    );
  });
});
