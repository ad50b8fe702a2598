// Comparing simulated runs: two runs of the same build show no difference, and a slow-down of 5 % in one case is found.
import { Random } from "@cambium/ir";
import { expect, test } from "vitest";
import { compare, type Measure, type Pair, type Timed } from "../src/compare.js";
import { median } from "../src/statistics.js";

interface Noise {
  readonly turn: number;
  readonly run: number;
  readonly process?: number;
}

/**
 * A row with samples of 10 ms, slowed by `slower`, with noise per sample, turn, process and run: ten turns of one
 * process, or five turns of each of several.
 */
function measured(seed: string, name: string, slower: number, noise: Noise, processes = 1): Timed {
  const random = new Random(seed);
  const run = 1 + noise.run * random.normal(0);
  const each = processes === 1 ? 10 : 5;
  const turns = Array.from({ length: each * processes }, (_, t) => {
    const process = 1 + (noise.process ?? 0) * random.normal(500 + Math.floor(t / each));
    const turn = process * (1 + noise.turn * random.normal(100 + t));
    return Array.from(
      { length: 5 },
      (_, i) => 0.01 * run * turn * (1 + slower) * (1 + 0.01 * random.normal(1000 + 5 * t + i)),
    );
  });
  return {
    ...{ suite: "gemm", case: name, backend: "one", better: "lower", samples: turns.flat() },
    ...{ turns: turns.map(({ length }) => length), machine: turns.map(() => 0.004) },
    ...{ processes: Array.from({ length: processes }, () => each), processor: turns.map((turn) => 2 * median(turn)) },
  };
}

const cases = Array.from({ length: 20 }, (_, i) => `case ${i}`);

function simulated(run: number, noise: Noise, slowed?: string, processes = 1): Pair[] {
  return cases.map((name) => ({
    first: measured(`${run}/${name}/a`, name, 0, noise, processes),
    second: measured(`${run}/${name}/b`, name, name === slowed ? 0.05 : 0, noise, processes),
    inTurns: processes > 1,
  }));
}

/** The cases that differ, of 20 pairs of runs. */
function found(noise: Noise, slowed: string | undefined, processes = 1, by: Measure = "clock") {
  return Array.from({ length: 20 }, (_, run) =>
    compare(simulated(run, noise, slowed, processes), by).filter(({ verdict }) => verdict !== "no difference"),
  );
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
  const right = found({ turn: 0.01, run: 0 }, "case 7").filter(onlySeven);
  expect(right.length).toBeGreaterThanOrEqual(19);
});

/** Whether case 7 is slower, and nothing else differs. */
function onlySeven(all: readonly { case: string; verdict: string }[]): boolean {
  return all.length === 1 && all[0]?.case === "case 7" && all[0].verdict === "slower";
}

test("several processes average out what differs between processes of one build", () => {
  const noise = { turn: 0.02, run: 0, process: 0.01 };
  const wrong = found(noise, undefined, 16).map((all) => all.length);
  expect(wrong.filter((count) => count > 1)).toEqual([]);
  // 5 % of 20 is 1; the seeds are fixed.
  expect(wrong.filter((count) => count === 1).length).toBeLessThanOrEqual(3);
  const slower = found(noise, "case 7", 16, "processor").filter((all) => all.some((one) => onlySeven([one])));
  expect(slower.length).toBeGreaterThanOrEqual(19);
});

test("without processor time a pair is left out", () => {
  const [pair] = simulated(0, { turn: 0.01, run: 0 });
  const silent = { ...(pair as Pair), second: { ...(pair as Pair).second, processor: null } };
  expect([compare([silent], "clock").length, compare([silent], "processor").length]).toEqual([1, 0]);
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
