// Comparing simulated runs: two runs of the same build show no difference, and a slow-down of 5 % in one case is found.
import { Random } from "@cambium/ir";
import { expect, test } from "vitest";
import { compare, type Pair, type Timed } from "../src/compare.js";

/** A row of ten turns with samples of 10 ms, slowed by `slower`, with noise per sample, per turn and per run. */
function measured(seed: string, name: string, slower: number, noise: { turn: number; run: number }): Timed {
  const random = new Random(seed);
  const run = 1 + noise.run * random.normal(0);
  const turns = Array.from({ length: 10 }, (_, t) => {
    const turn = 1 + noise.turn * random.normal(100 + t);
    return Array.from(
      { length: 5 },
      (_, i) => 0.01 * run * turn * (1 + slower) * (1 + 0.01 * random.normal(1000 + 5 * t + i)),
    );
  });
  return {
    ...{ suite: "gemm", case: name, backend: "one", better: "lower", samples: turns.flat() },
    ...{ turns: turns.map(({ length }) => length), machine: turns.map(() => 0.004) },
  };
}

const cases = Array.from({ length: 20 }, (_, i) => `case ${i}`);

function simulated(run: number, noise: { turn: number; run: number }, slowed?: string): Pair[] {
  return cases.map((name) => ({
    first: measured(`${run}/${name}/a`, name, 0, noise),
    second: measured(`${run}/${name}/b`, name, name === slowed ? 0.05 : 0, noise),
    inTurns: false,
  }));
}

test("the same build twice: at most one false difference in 20 cases, in each of 60 pairs of runs", () => {
  // The last has noise between runs that does not show within a run.
  const noises = [
    { turn: 0.01, run: 0 },
    { turn: 0.1, run: 0 },
    { turn: 0.01, run: 0.03 },
  ];
  const wrong = noises.flatMap((noise) =>
    Array.from({ length: 20 }, (_, run) => {
      return compare(simulated(run, noise)).filter(({ verdict }) => verdict !== "no difference").length;
    }),
  );
  expect(wrong.filter((count) => count > 1)).toEqual([]);
  // 5 % of 60 is 3; the seeds are fixed.
  expect(wrong.filter((count) => count === 1).length).toBeLessThanOrEqual(6);
});

test("a slow-down of 5 % in one case of twenty is found, and nothing else is", () => {
  const found = Array.from({ length: 20 }, (_, run) =>
    compare(simulated(run, { turn: 0.01, run: 0 }, "case 7")).filter(({ verdict }) => verdict !== "no difference"),
  );
  const right = found.filter((all) => all.length === 1 && all[0]?.case === "case 7" && all[0].verdict === "slower");
  expect(right.length).toBeGreaterThanOrEqual(19);
});

test("in turns, a disturbance of both cancels", () => {
  const noise = { turn: 0.01, run: 0 };
  const [first, second] = [measured("x", "one", 0, noise), measured("y", "one", 0.05, noise)];
  // Every other turn of both runs at a third of the speed.
  const disturb = (row: typeof first) => ({
    ...row,
    samples: row.samples.map((v, i) => (Math.floor(i / 5) % 2 ? v * 3 : v)),
  });
  const disturbed = { first: disturb(first), second: disturb(second) };
  expect(compare([{ ...disturbed, inTurns: true }])[0]).toMatchObject({ verdict: "slower" });
  expect(compare([{ ...disturbed, inTurns: false }])[0]).toMatchObject({ verdict: "no difference" });
});

test("a slower machine does not count as a difference", () => {
  const noise = { turn: 0.005, run: 0 };
  const second = measured("y", "one", 0.2, noise);
  const slow = { ...second, machine: second.machine.map((seconds) => 1.2 * seconds) };
  const first = measured("x", "one", 0, noise);
  expect(compare([{ first, second, inTurns: false }])[0]?.verdict).toBe("slower");
  expect(compare([{ first, second: slow, inTurns: false }])[0]?.verdict).toBe("no difference");
});
