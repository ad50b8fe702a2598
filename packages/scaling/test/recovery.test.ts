// Fits of tables with known answers: exact laws are recovered, and intervals cover the truth as often as stated.
import { Random } from "@cambium/ir";
import { describe, expect, it } from "vitest";
import {
  type FitRow,
  fitEquation,
  fitPowerGroups,
  fitQuadratic,
  fitShares,
  fitSurface,
  multiplierIntervals,
  multipliers,
  paperTiming,
  timingEquation,
} from "../src/index.js";

const row = (group: string, x: readonly number[], y: number, i = 0): FitRow => ({ line: i + 2, group, x, y });
const near = (actual: number, expected: number, share: number) =>
  expect(Math.abs(actual / expected - 1)).toBeLessThan(share);

describe("known answers", () => {
  it("Hoffmann's law from 8 budgets of 16 points, to 1e-4, by both fits", () => {
    const law = { A: 406.4, B: 410.7, E: 1.69, alpha: 0.34, beta: 0.28 };
    const rows = Array.from({ length: 8 }, (_, k) => 10 ** (17 + (5 * k) / 7)).flatMap((budget) =>
      Array.from({ length: 16 }, (_, i) => {
        const N = 0.1 * Math.sqrt(budget) * 10 ** (-1 + (2 * i) / 15);
        const D = budget / (6 * N);
        return row("all", [N, D], law.E + law.A * N ** -law.alpha + law.B * D ** -law.beta);
      }),
    );
    const { groups } = fitSurface(rows, { delta: 1e-3, bootstrap: 40 });
    for (const fit of [groups.all, groups.all?.projection])
      for (const [name, value] of Object.entries(law)) near(fit?.[name as keyof typeof law] ?? 0, value, 1e-4);
    near(groups.all?.a ?? 0, 0.28 / 0.62, 1e-4);
    // At ten times the largest budget no other split of N and D is better, by a search over N.
    const { compute = 0, loss = 0 } = groups.all?.extrapolation[2] ?? {};
    near(compute, 1e23, 1e-9);
    const at = (N: number) => law.E + law.A * N ** -law.alpha + law.B * (compute / 6 / N) ** -law.beta;
    const tried = Array.from({ length: 4001 }, (_, i) => at(10 ** (9 + i / 1000)));
    near(
      loss,
      tried.reduce((least, one) => Math.min(least, one)),
      1e-4,
    );
  });

  it("power laws over a shared floor, at any scale of costs", () => {
    for (const scale of [1, 1e14, 1e20, 1e24]) {
      const rows = ["plain", "grown"].flatMap((group, at) =>
        [0.1, 0.3, 1, 3, 10].map((c) => row(group, [c * scale], 1.7 + (0.9 - 0.1 * at) * c ** -(0.15 + 0.02 * at))),
      );
      const { groups } = fitPowerGroups(rows, { e: "shared", scale, delta: 1e-3, bootstrap: 40 });
      near(groups.plain?.A ?? 0, 0.9, 1e-6);
      near(groups.plain?.gamma ?? 0, 0.15, 1e-6);
      near(groups.grown?.A ?? 0, 0.8, 1e-6);
      near(groups.grown?.gamma ?? 0, 0.17, 1e-6);
      near(groups.grown?.E ?? 0, 1.7, 1e-6);
      near(groups.grown?.extrapolation[2]?.loss ?? 0, 1.7 + 0.8 * 100 ** -0.17, 1e-6);
    }
  });

  it("the timing equation from exact parabolas, to 1e-6", () => {
    const rows = [0.41e9, 1.1e9, 3e9].flatMap((N) =>
      [0.8e20, 1.2e20, 3e20].flatMap((C) =>
        [-0.8, -0.3, 0.1, 0.7].map((x) => {
          const best = timingEquation(paperTiming, N, C);
          return row("all", [N, C, best * 10 ** x], 2.5 + 0.1 * x * x);
        }),
      ),
    );
    const { refit } = fitEquation(rows, 0);
    near(refit.coefficients.logParameters, 0.88, 1e-6);
    near(refit.coefficients.inverseLogFlops, 163.27, 1e-6);
    near(refit.coefficients.constant, -5.74, 1e-6);
  });

  it("compute multipliers: constant if one curve is the other shifted, null outside the runs", () => {
    const loss = (c: number) => 2 + c ** -0.2;
    const rows = [
      ...[1, 2, 4, 8].map((c) => row("plain", [c], loss(c))),
      ...[1, 2, 4, 8].map((c) => row("grown", [c / 1.25], loss(c))),
      ...[3, 3.5].map((c) => row("late", [c], loss(c))),
    ];
    const found = multipliers(rows, "plain");
    expect(Object.keys(found)).toEqual(["grown", "late"]);
    for (const { value } of found.grown ?? []) near(value ?? 0, 1.25, 1e-12);
    expect(found.late?.map(({ value }) => value)).toEqual([null, null, null, null]);
    expect(multiplierIntervals(rows, [], "plain", 0)).toEqual(found);
    // Between 1.6 and 3.2 FLOPs of the group, ln C is linear in the loss.
    const [at] = multipliers([...rows, row("one", [3], loss(3))], "one").grown ?? [];
    const t = (loss(2) - loss(3)) / (loss(2) - loss(4));
    near(at?.value ?? 0, 3 / (1.6 * 2 ** t), 1e-12);
  });
});

describe("intervals", () => {
  it("cover a noisy parabola's minimum and bend in 95 ± 2 % of 1,000 tables of nine runs", () => {
    const x = Array.from({ length: 9 }, (_, i) => 0.15 + 0.09 * i);
    const noise = new Random("noise of tables");
    const inside = { minimum: 0, bend: 0 };
    for (let table = 0; table < 1000; table++) {
      const y = x.map((at, i) => 3 + 0.2 * (at - 0.55) ** 2 + 2e-3 * noise.normal(9 * table + i));
      const { interval } = fitQuadratic(x, y, 400, `table ${table}`);
      for (const [name, truth] of [
        ["minimum", 0.55],
        ["bend", 0.2],
      ] as const) {
        const [low, high] = interval[name] ?? [Number.NaN, Number.NaN];
        if (low <= truth && truth <= high) inside[name]++;
      }
    }
    for (const share of Object.values(inside)) {
      expect(share).toBeGreaterThanOrEqual(930);
      expect(share).toBeLessThanOrEqual(970);
    }
  });

  it("cover a power law's exponent and its extrapolation about as often as stated", () => {
    const noise = new Random("noise of laws");
    const inside = { gamma: 0, beyond: 0 };
    for (let table = 0; table < 60; table++) {
      const rows = Array.from({ length: 12 }, (_, i) => {
        const cost = 1e18 * 2 ** i;
        const loss = (1.7 + 0.9 * (cost / 1e19) ** -0.2) * Math.exp(5e-4 * noise.normal(12 * table + i));
        return row(`t${table}`, [cost], loss);
      });
      const { groups } = fitPowerGroups(rows, { e: "free", scale: 1e19, delta: 1e-3, bootstrap: 100 });
      const [group] = Object.values(groups);
      const holds = (ends: readonly [number, number] | null | undefined, truth: number) =>
        ends != null && ends[0] <= truth && truth <= ends[1] ? 1 : 0;
      inside.gamma += holds(group?.interval.gamma, 0.2);
      inside.beyond += holds(group?.extrapolation[0]?.interval, 1.7 + 0.9 * 409.6 ** -0.2);
    }
    // 57 of 60 are expected; fewer than 50 would be more than 4 standard deviations off.
    expect(inside.gamma).toBeGreaterThanOrEqual(50);
    expect(inside.beyond).toBeGreaterThanOrEqual(50);
  });

  it("cover a multiplier about as often as stated", () => {
    const noise = new Random("noise of multipliers");
    let inside = 0;
    for (let table = 0; table < 40; table++) {
      const exact = ["plain", "grown"].flatMap((group, at) =>
        Array.from({ length: 8 }, (_, i) => {
          const cost = 1e18 * 2 ** i;
          return row(group, [cost], 1.7 + 0.9 * ((cost * (at === 1 ? 1.3 : 1)) / 1e19) ** -0.2);
        }),
      );
      const rows = exact.map((one, i) => ({ ...one, y: one.y * Math.exp(5e-4 * noise.normal(16 * table + i)) }));
      // The truth is interpolated between runs in the same way as the noisy table.
      const truth = multipliers(exact, "plain").grown?.[4]?.value ?? 0;
      const { residuals } = fitPowerGroups(rows, { e: "shared", scale: 1e19, delta: 1e-3, bootstrap: 0 });
      const [low, high] = multiplierIntervals(rows, residuals, "plain", 200).grown?.[4]?.interval ?? [];
      if ((low ?? 2) <= truth && truth <= (high ?? 0)) inside++;
    }
    // 38 of 40 are expected; fewer than 31 would be more than 5 standard deviations off.
    expect(inside).toBeGreaterThanOrEqual(31);
  });

  it("are null if there are no more runs than parameters", () => {
    const rows = [1, 2, 4].map((c) => row("a", [c], 2 + c ** -0.3));
    expect(
      fitPowerGroups(rows, { e: "free", scale: 1, delta: 1e-3, bootstrap: 100 }).groups.a?.interval.gamma,
    ).toBeNull();
    expect(fitShares(rows, 100).groups.a?.interval.bend).toBeNull();
  });
});

describe("data that cannot be fitted", () => {
  const rank = expect.objectContaining({ code: "E_SCALING_RANK" });
  const options = { scale: 1, delta: 1e-3, bootstrap: 0 } as const;
  it("is refused with every group that has too few runs", () => {
    const rows = [row("a", [1], 3), row("a", [2], 2.5), row("b", [1], 3)];
    expect(() => fitPowerGroups(rows, { ...options, e: "free" })).toThrow(rank);
    expect(() => fitPowerGroups(rows, { ...options, e: "shared" })).toThrow(rank);
    const two = [...rows, row("b", [2], 2.8)];
    expect(() => fitPowerGroups(two, { ...options, e: { group: "c" } })).toThrow(/group named for E/);
    expect(() => fitSurface(rows, { delta: 1e-3, bootstrap: 0 })).toThrow(rank);
    expect(() => multipliers(rows, "c")).toThrow(/baseline/);
  });

  it("is refused if N or D hardly varies, for which some exponent fits as well as any other", () => {
    const loss = (N: number, D: number) => 2 + N ** -0.3 + D ** -0.3;
    const grid = (sizes: readonly number[], lengths: readonly number[]) =>
      sizes.flatMap((N) => lengths.map((D) => row("a", [N, D], loss(N, D))));
    const fit = (rows: FitRow[]) => fitSurface(rows, { delta: 1e-3, bootstrap: 0 });
    for (const few of [[1e6], [1e6, 4e6]]) {
      expect(() => fit(grid(few, [1e8, 2e8, 4e8, 8e8, 16e8]))).toThrow(rank);
      expect(() => fit(grid([1e6, 2e6, 4e6, 8e6, 16e6], few))).toThrow(rank);
    }
    const three = [1e6, 4e6, 16e6];
    const also = grid([1e6], [1, 2, 3, 4, 5]).map((one) => ({ ...one, group: "b" }));
    expect(fit([...grid(three, three), ...also]).warnings).toEqual([
      expect.stringMatching(/^b is left out.*different N/),
    ]);
  });

  it("gives a warning for losses that do not fall", () => {
    const rising = [1, 2, 4, 8].map((c) => row("up", [c], 2 + 0.1 * c));
    const level = [1, 2, 4, 8].map((c) => row("level", [c], 2));
    const { warnings } = fitPowerGroups([...rising, ...level], { ...options, e: "zero" });
    expect(warnings).toEqual([expect.stringMatching(/^up: .*not fall/), expect.stringMatching(/^level: .*not fall/)]);
  });

  it("a group with too few runs is left out with a warning", () => {
    const law = (name: string, A: number) => [1, 2, 4, 8, 16].map((c) => row(name, [c], 2 + A * c ** -0.3));
    const rows = [...law("a", 1), row("once", [2], 3), ...law("b", 0.8)];
    const forms = [fitPowerGroups(rows, { ...options, e: "shared" }), fitShares(rows, 0)];
    for (const { groups, warnings } of forms) {
      expect(Object.keys(groups)).toEqual(["a", "b"]);
      expect(warnings[0]).toMatch(/^once is left out: it has 1 of the \d different (costs|choices)/);
    }
    const alone = fitPowerGroups([...law("a", 1), ...law("b", 0.8)], { ...options, e: "shared" });
    expect(forms[0]?.groups).toEqual(alone.groups);
    const over = multiplierIntervals(rows, forms[0]?.residuals ?? [], "once", 40);
    expect(over["a"]?.map(({ value }) => value)).toEqual([2]);
  });

  it("gives E = 0 and a warning if the runs show no floor", () => {
    const rows = Array.from({ length: 6 }, (_, i) => row("a", [10 ** i], 3 * 10 ** (-0.05 * i)));
    const fit = fitPowerGroups(rows, { ...options, e: "free" });
    expect(fit.groups.a?.E).toBe(0);
    near(fit.groups.a?.gamma ?? 0, 0.05, 1e-6);
    expect(fit.warnings).toEqual(["a: the runs show no floor, so E is 0"]);
  });

  it("gives a warning for a parabola off the middle of its grid", () => {
    const shares = (best: number) => [0.1, 0.3, 0.5, 0.7, 0.9].map((x) => row("a", [x], 3 + (x - best) ** 2));
    expect(fitShares(shares(0.5), 0).warnings).toEqual([]);
    expect(fitShares(shares(0.8), 0).warnings).toEqual([expect.stringMatching(/may be biased/)]);
    expect(fitShares(shares(1.2), 0).groups.a).toMatchObject({
      minimum: null,
      reason: expect.stringMatching(/outside/),
    });
  });
});
