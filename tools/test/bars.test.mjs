// The verdicts of the bars on made-up results, and that every bar is a command that cambium bench understands.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { suites } from "../../packages/bench/src/node/index.js";
import { bars } from "../bars/bars.mjs";
import { report } from "../bars/report.mjs";
import { root } from "../setup.mjs";

/** A row of ten turns of one sample, whose speeds differ by a per cent. */
function row(suite, name, backend, speed, agrees = true) {
  const samples = Array.from({ length: 10 }, (_, i) => speed * (1 + (i % 3) / 100));
  return {
    ...{ suite, case: name, backend, unit: "tokens/s", better: "higher", samples, turns: samples.map(() => 1) },
    ...{ processes: [10], machine: samples.map(() => 1), processor: null, median: speed, seconds: 1 / speed },
    ...{ interval: [speed, 1.02 * speed], parity: { agrees, error: 0, tolerance: 1, against: "the limits" } },
  };
}

function verdicts(goal, rows, failures = []) {
  const environment = { cpu: "a", cores: 2, date: "2026-01-01T00:00:00", load: [0, 1] };
  const measured = [{ name: "this-bar", goals: [goal], missing: ["x: install x"], bench: [], there: [] }];
  const { text, missed } = report(
    measured.map((one) => ({ ...one, document: { environment, rows, failures } })),
    false,
  );
  const found = text.split("\n").filter((line) => line.startsWith("| this-bar | g"));
  return { missed, text, found: found.map((line) => line.split(" | ").at(-1).replace(" |", "")) };
}

test("a ratio holds, is open or is missed, by the fastest of each side", () => {
  const goal = { title: "g", ours: ["a", "b"], theirs: ["x", "y"], least: 2 };
  const rows = [
    ...[row("train", "one", "a", 100), row("train", "one", "b", 210), row("train", "one", "x", 100)],
    ...[row("train", "two", "a", 199), row("train", "two", "x", 90), row("train", "two", "y", 100)],
    ...[row("train", "three", "a", 150), row("train", "three", "x", 100)],
    // Neither a peak nor a row that does not count is compared.
    ...[row("gemm-peak", "four", "a", 1), row("gemm-peak", "four", "x", 1), row("train", "one", "y", 1000, false)],
  ];
  const { found, missed, text } = verdicts(goal, rows);
  expect(found).toEqual(["holds", "open", "missed"]);
  expect(missed).toBe(1);
  expect(text).toMatch(/one, b over x \| 2\.10 \(/);
  expect(text).toContain("left out is x: install x");
  // The same side by side, a row for each case.
  expect(text).toMatch(/^\| case \| a, tokens\/s \| b, tokens\/s \| x, tokens\/s \| y, tokens\/s \| g \|$/m);
  expect(text).toMatch(/^\| one \| 100 \(100–102\) \| 210 .* \| 1000 \(1000–1020\), does not count \| 2\.10 \(/m);
});

test("limits of a suite, cases beside each other, and what failed", () => {
  const soak = [row("soak", "long", "a", 1), row("soak", "long", "b", 1, false), row("gemm-peak", "p", "b", 1, false)];
  expect(verdicts({ title: "g", agrees: true }, soak).found).toEqual(["holds", "missed"]);
  const switched = { title: "g", cases: ["switch", "step"], most: 2 };
  const pair = (name, seconds) => ({ ...row("switch", `8L ${name}`, "a", seconds), unit: "s", better: "lower" });
  expect(verdicts(switched, [pair("switch", 1.9), pair("step", 1)]).found).toEqual(["holds"]);
  expect(verdicts(switched, [pair("switch", 2.01), pair("step", 1)]).found).toEqual(["open"]);
  expect(verdicts(switched, [pair("switch", 2.01), pair("step", 1)]).text).toMatch(
    /8L, a \| 2\.01 \(1\.\d\d–2\.\d\d\)/,
  );
  expect(verdicts(switched, [pair("switch", 3), pair("step", 1)]).found).toEqual(["missed"]);
  const failure = { suite: "soak", case: "long", backend: "a", code: "E_X" };
  expect(verdicts({ title: "g", agrees: true }, [], [failure])).toMatchObject({ found: ["missed"], missed: 1 });
  const goal = { title: "g", ours: ["a"], theirs: ["x"], least: 2 };
  const failures = ["one", "two", "three"].flatMap((name) =>
    ["a", "b"].map((backend) => ({ ...failure, suite: "train", case: name, backend })),
  );
  const [a, x] = [row("train", "one", "a", 300), row("train", "one", "x", 100)];
  const { found, text } = verdicts(goal, [a, x], failures);
  expect(found).toEqual(["holds", "not measured"]);
  expect(text).toContain("| train one and 2 more | a: E_X |");
  expect(verdicts({ title: "g", agrees: true }, [])).toMatchObject({ found: ["not measured"], missed: 1 });
});

test("a process's memory against what the IR counts", () => {
  const goal = { title: "g", ours: ["a"], own: 450e6 };
  const [most, one] = [1.25 * 400e6 + 450e6, row("train", "one", "a", 1)];
  const of = (resident) => ({ ...one, memory: { resident, device: 1 }, work: { bytes: 400e6 } });
  const { found, text } = verdicts(goal, [of(most), of(most + 1), { ...of(9e9), backend: "b" }]);
  expect(found).toEqual(["holds", "missed"]);
  expect(text).toContain("950 of 950 MB");
  const without = [of(null), { ...of(1), work: {} }, { ...of(1), parity: { ...one.parity, agrees: false } }];
  expect(verdicts(goal, without)).toMatchObject({ found: Array(3).fill("not measured"), missed: 3 });
});

test("a row that is missing or does not count is no reason to hold", () => {
  const [a, x] = [row("train", "one", "a", 300), row("train", "one", "x", 100)];
  const goal = { title: "g", ours: ["a"], theirs: ["x"], least: 2 };
  const uncounted = { ...x, parity: { ...x.parity, agrees: false } };
  for (const rows of [[a], [x], [a, uncounted]])
    expect(verdicts(goal, rows)).toMatchObject({ found: ["not measured"], missed: 1 });
  const switched = { title: "g", cases: ["switch", "step"], most: 2 };
  expect(verdicts(switched, [row("switch", "8L switch", "a", 1)])).toMatchObject({ found: ["not measured"] });
});

test("every bar names suites, cases and contestants that there are", () => {
  for (const { bench, peers = [], goals } of bars) {
    const value = (flag) => bench[bench.indexOf(flag) + 1];
    const suite = suites.find(({ name }) => name === value("--suite"));
    const cases = suite.cases(false).map(({ name }) => name);
    for (const word of bench.includes("--case") ? value("--case").split(",") : [])
      expect(cases.some((name) => name.includes(word))).toBe(true);
    const contestants = [...value("--backend").split(","), ...peers, "cambium"];
    for (const { ours = [], theirs = [] } of goals)
      expect(contestants).toEqual(expect.arrayContaining([...ours, ...theirs]));
  }
});

test("a bar that there is not is refused by name", () => {
  const run = () => execFileSync(process.execPath, [join(root, "tools/bars.mjs"), "--only", "gorw"], { stdio: "pipe" });
  expect(run).toThrow(/There is no bar gorw: there are train/);
});
