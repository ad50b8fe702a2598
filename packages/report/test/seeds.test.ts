// Statistics over seeds: pairs by seed, by hand, and the headline that follows from them.
import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { seedsSection } from "../src/sections/seeds.js";
import { type OverSeeds, type SeedResult, summarizeSeeds } from "../src/seeds.js";
import type { Judgement } from "../src/verdict.js";

const arm = (name: string, losses: readonly (number | null)[], speedups: readonly number[] = []): SeedResult[] =>
  losses.map((loss, i) => ({ seed: `${i}`, arm: name, loss, speedup: speedups[i] ?? null }));

describe("summarizeSeeds", () => {
  // The third seed of `grown` has not been measured, so only two pairs are left.
  const results = [
    ...arm("grown", [2.0, 2.2, null], [0.5, 0.3]),
    ...arm("scratch", [2.5, 2.6, 2.7]),
    ...arm("other", [2.1, 2.1, 2.3]),
  ];
  const { arms, differences } = summarizeSeeds(results);

  it("pairs each arm with scratch by seed", () => {
    const [grown, scratch, other] = arms;
    // Differences −0.5 and −0.4; t(1) = 12.7062 at 97.5 %, so the interval is −0.45 ± 12.7062 · 0.05.
    expect(grown?.overScratch).toMatchObject({ count: 2, mean: expect.closeTo(-0.45, 12), differs: false });
    expect(grown?.overScratch?.interval?.[1]).toBeCloseTo(-0.45 + 12.7062 * 0.05, 4);
    expect(grown?.speedup).toMatchObject({ count: 2, mean: expect.closeTo(0.4, 12) });
    expect([scratch?.overScratch, scratch?.speedup, scratch?.loss.count]).toEqual([null, null, 3]);
    // −0.4, −0.5 and −0.4; the interval is −0.4333 ± 4.3027 · 0.0577 / √3.
    expect(other?.overScratch).toMatchObject({ count: 3, differs: true });
    expect(other?.overScratch?.interval?.[0]).toBeCloseTo(-1.3 / 3 - 4.30265 / 30, 4);
  });

  it("compares grown arms with each other, and no arm with scratch twice", () => {
    expect(differences).toMatchObject([{ first: "grown", second: "other", count: 2, mean: expect.closeTo(0, 12) }]);
  });
});

describe("the headline over seeds", () => {
  const named = (name: string) => ({ name, colour: name });
  const judgement = { verdict: { grown: named("grown"), scratch: named("scratch") } } as unknown as Judgement;
  const headline = (speedups: readonly number[], planned = speedups.map((_, i) => i)) => {
    const results = [
      ...arm(
        "grown",
        speedups.map(() => 2),
        speedups,
      ),
      ...arm(
        "scratch",
        speedups.map(() => 2.1),
      ),
    ];
    const done = speedups.map((_, i) => i);
    const running = done.length < planned.length;
    const seeds: OverSeeds = { planned, done, running, results, evaluations: {}, ...summarizeSeeds(results) };
    const { document } = parseHTML(seedsSection(seeds, judgement).text);
    return document.querySelector(".lede")?.textContent.replaceAll("\u00a0", " ") ?? "";
  };

  it.each([
    [[0.2, 0.21, 0.22], /^Growing paid: .*scratch spent 21\.0 % more compute than grown/],
    [[-0.2, -0.21, -0.22], /^Growing did not pay here: .*scratch spent 21\.0 % less compute than grown/],
    [[0.9, -0.5], /^Too small a difference for 2 seeds to show/],
    [[0.5], /^One seed, which has no error bar/],
    [[], /^There is no speed-up to report yet/],
  ])("of %j", (speedups, expected) => {
    expect(headline(speedups)).toMatch(expected);
  });

  it("says how many seeds are done", () => {
    expect(headline([0.2, 0.21], [0, 1, 2])).toMatch(/2 of 3 seeds are done, so this will change/);
    expect(headline([0.2, 0.21])).not.toMatch(/will change/);
  });
});
