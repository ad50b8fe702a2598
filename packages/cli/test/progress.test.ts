// The progress display and its text: on a terminal a bar that is rewritten in place, elsewhere plain lines.

import { compact, duration } from "@cambium/ir/figures";
import { llama, modelSpec } from "@cambium/model";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { wrap } from "../src/format.js";
import { ProgressDisplay } from "../src/progress.js";
import { resultTable } from "../src/table.js";

const model = modelSpec(llama, { vocab: 9, hidden: 4, intermediate: 4, layers: 1, heads: 1, contextLength: 4 });
type Stage = Parameters<ProgressDisplay["onStage"]>[0];
const stage = (id: string): Stage =>
  ({ id, stage: { name: id, model, start: { kind: "init" } }, tokens: 1000, flops: 1e6, open: false }) as Stage;
const row = (step: number, more: object = {}) => ({
  ...{ step, tokens: 10 * step, loss: 3, lr: 1, gradNorm: 1, tokensPerSecond: 100 },
  ...{ flops: 1e4 * step, seconds: step / 10, ...more },
});

function display(isTTY: boolean): { progress: ProgressDisplay; text: () => string } {
  const parts: string[] = [];
  const stream = { isTTY, columns: 100, write: (text: string) => Boolean(parts.push(text)) };
  const terminal = { cursorTo: () => true, clearLine: () => true, moveCursor: () => true, on: () => stream };
  return {
    progress: new ProgressDisplay(Object.assign(stream, terminal) as unknown as NodeJS.WriteStream),
    text: () => parts.join(""),
  };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] }));
afterEach(() => void vi.useRealTimers());

describe("on a terminal", () => {
  test("shows loss, held-out loss, speed and the time left of the whole run", () => {
    const { progress, text } = display(true);
    const [base, scratch] = [stage("base"), stage("scratch")];
    progress.onPlan(
      [
        { name: "grown", stages: [base] },
        { name: "scratch", stages: [scratch] },
      ],
      new Set(),
    );
    progress.onStage(base, 0);
    // Ten steps per second, although a step trains for only a hundredth: the rest is evaluating and saving.
    for (let step = 1; step <= 50; step++) {
      vi.advanceTimersByTime(100);
      progress.onMetrics(base, row(step, { seconds: step / 100, ...(step === 20 && { heldOutLoss: 2.5 }) }));
    }
    vi.advanceTimersByTime(500);
    progress.stop();
    // 50 steps of this stage and 100 of the other.
    expect(text()).toMatch(/ 1k tok\/s │ 15 s left of the run │ loss 3\.000 │ held-out 2\.500 │ +50 % █+░+/);
  });

  test("says how many steps were skipped", () => {
    const { progress, text } = display(true);
    progress.onStage(stage("base"), 0);
    for (let step = 1; step <= 4; step++)
      progress.onMetrics(stage("base"), row(step, step < 3 ? { skipped: true, gradNorm: Number.NaN } : {}));
    vi.advanceTimersByTime(500);
    progress.stop();
    expect(text()).toMatch(/held-out – │ 2 skipped │/);
  });

  test("rewrites its line in place: nothing is cleared before it is drawn, and the cursor comes back", () => {
    const { progress, text } = display(true);
    progress.onStage(stage("base"), 0);
    for (let step = 1; step <= 100; step++) {
      vi.advanceTimersByTime(20);
      progress.onMetrics(stage("base"), row(step));
    }
    progress.onStageDone(stage("base"));
    for (const clear of ["1K", "2K", "J", "0J", "1J", "2J", "3J"]) expect(text()).not.toContain(`\x1b[${clear}`);
    // Two seconds at five a second, one at the start and one at the end.
    expect(text().split("held-out").length - 1).toBeLessThanOrEqual(2 * 5 + 2);
    expect(text().lastIndexOf("\x1b[?25h")).toBeGreaterThan(text().lastIndexOf("\x1b[?25l"));
    expect(process.listenerCount("exit")).toBe(0);
  });

  test("shows the cursor again however the process ends", () => {
    const { progress, text } = display(true);
    progress.onStage(stage("base"), 0);
    for (const listener of process.listeners("exit")) listener.call(process, 130);
    expect(text().endsWith("\x1b[?25h")).toBe(true);
    progress.stop();
  });
});

test("a stage that a slope or a probe ends says why", () => {
  const { progress, text } = display(false);
  progress.onStageDone(stage("base"), { slope: -0.0391, threshold: -0.04, reached: true });
  progress.onStageDone(stage("base"), { slope: -0.5, threshold: -0.04, reached: false });
  const open = { ...stage("base"), open: true, stage: { ...stage("base").stage, until: { kind: "probe" } } } as Stage;
  progress.onStageDone(open);
  progress.onStageDone({ ...open, open: false });
  expect(text().split("\n")).toEqual([
    "base ends: slope of the held-out loss -0.0391, threshold -0.04: flat enough",
    "base ends: slope of the held-out loss -0.500, threshold -0.04: not flat enough, but at the latest time",
    "base ends: no growth that was tried paid off: it grows at the latest time",
    "",
  ]);
});

test("stages that an earlier run has done do not count towards the time left", () => {
  const { progress, text } = display(false);
  const [base, scratch] = [stage("base"), stage("scratch")];
  const arms = [
    { name: "grown", stages: [base] },
    { name: "scratch", stages: [scratch] },
  ];
  progress.onPlan(arms, new Set(["scratch"]));
  progress.onStage(base, 0);
  for (let step = 1; step <= 50; step++) {
    vi.advanceTimersByTime(250);
    progress.onMetrics(base, row(step));
  }
  // The remaining 50 steps at four per second, and nothing else.
  expect(text()).toMatch(/base 4\d %.* 1[45] s left of the run/);
});

describe("a stage that differs from the last run's", () => {
  const said = (differences: [path: string, was: unknown, is: unknown][], shorter = false) => {
    const { progress, text } = display(false);
    const list = differences.map(([path, was, is]) => ({ path, was, is }));
    progress.onChanged(stage("base"), { id: "base-1", differences: list, shorter });
    return text();
  };

  test.each<[string, [string, unknown, unknown][], RegExp]>([
    [
      "another backend",
      [["device", "onnx 1 cpu", "tfjs 4 cpu"]],
      /device \("onnx 1 cpu" → "tfjs 4 cpu"\)\n.*--backend onnx/,
    ],
    [
      "a schedule to the end",
      [
        ["schedule.total", 8, 16],
        ["until.tokens", 8, 16],
      ],
      /schedule\.total \(8 → 16\)[\s\S]*constant/,
    ],
    [
      "other measurements",
      [
        ["evaluation.every", 2, 4],
        ["until.tokens", 8, 16],
      ],
      /evaluate: \{ every: 2 \}/,
    ],
    [
      "another engine",
      [
        ["device", "torch 2 cpu ddp ×2", "onnx 1 cpu"],
        ["engine", { name: "torch", options: { nproc: 2 } }, undefined],
      ],
      /To continue that one: with the engine it had, on torch 2 cpu ddp ×2\n$/,
    ],
    [
      "an engine where there was none",
      [
        ["device", "onnx 1 cpu", "torch 2 cpu ddp ×2"],
        ["engine", undefined, { name: "torch", options: {} }],
      ],
      /To continue that one: without an engine, on onnx 1 cpu\n$/,
    ],
    ["a learning rate", [["schedule.peak", 1, 2]], /schedule\.peak \(1 → 2\)\n$/],
  ])("says what differs: %s", (_, differences, words) => {
    expect(said(differences)).toMatch(words);
  });

  test("says that it continues", () => {
    expect(said([["until.tokens", 320, 640]], true)).toBe("base: continues base-1, which ended after 320 tokens\n");
  });
});

describe("the result", () => {
  const arm = (name: string) => ({
    name,
    done: true,
    layers: 12,
    parameters: 4e7,
    finalHeldOutLoss: 3.2,
    spent: { flops: 1e15, tokens: 5e7, seconds: 4000 },
    speedup: 0.3,
  });
  const summary = {
    arms: [arm("grown"), arm("scratch"), arm("interpolation")],
    comparison: null,
    why: "why",
  } as unknown as Parameters<typeof resultTable>[0];
  const widest = (text: string) => Math.max(...text.split("\n").map((line) => line.length));

  test("is transposed on a narrow terminal, with all its figures", () => {
    for (const columns of [60, 40, 33]) {
      const text = resultTable(summary, columns);
      expect(widest(text)).toBeLessThanOrEqual(columns);
      for (const word of ["grown", "scratch", "interpolation", "held-out loss", "3.2000"]) expect(text).toContain(word);
      expect(text.split("+30.0 %").length - 1).toBe(3);
    }
    expect(resultTable(summary)).toBe(resultTable(summary, 200));
    expect(widest(resultTable(summary))).toBeGreaterThan(60);
  });
});

describe("without a terminal", () => {
  test("prints a line every ten seconds, and at the end", () => {
    const { progress, text } = display(false);
    progress.onStage(stage("base"), 7);
    for (let step = 1; step <= 100; step++) {
      vi.advanceTimersByTime(250);
      progress.onMetrics(stage("base"), row(step));
    }
    const lines = text().trimEnd().split("\n");
    expect(lines[0]).toBe("base: 1 layer × 4, 1k tokens, continuing after step 7");
    expect(lines.slice(1).map((line) => /base (\d+) %/.exec(line)?.[1])).toEqual(["1", "42", "83", "100"]);
    expect(lines[2]).toBe("  base 42 %  loss 3.000  held-out –  100 tok/s  15 s left of the run");
  });
});

test("amounts and durations", () => {
  expect([0, 7, 999, 1000, 999_999, 1234567, 3.2e16].map((n) => compact(n))).toEqual([
    ...["0", "7", "999", "1k", "1M", "1.23M", "32P"],
  ]);
  expect([0, 59.4, 59.6, 185, 7500, Number.NaN].map((seconds) => duration(seconds))).toEqual([
    "0 s",
    "59 s",
    "1 min 00 s",
    "3 min 05 s",
    "2 h 05 min",
    "–",
  ]);
});

test("wrapping keeps every word, and leaves no line too long that has a space to break at", () => {
  const word = fc.stringMatching(/^[a-z0-9:/]{1,30}$/);
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1 }),
      fc.nat(6),
      fc.integer({ min: 20, max: 100 }),
      (words, indent, width) => {
        const lines = wrap(" ".repeat(indent) + words.join(" "), width);
        expect(lines.join(" ").split(" ").filter(Boolean)).toEqual(words);
        for (const line of lines) expect(line.length <= width || !line.trim().includes(" "), line).toBe(true);
      },
    ),
  );
});
