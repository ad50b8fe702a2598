// The loop: what it counts, asks for and reports, with a trainer that plays a script.
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type LoopOptions, type MetricsRow, type Progress, schedule, trainLoop } from "../src/index.js";
import { errorOf } from "./support/errors.js";
import { type Script, scripted } from "./support/scripted.js";

/** Runs the loop over a script and gathers all it says. A batch is its position, so that positions can be read back. */
async function play(script: Script, options: Partial<LoopOptions> & { totalTokens: number }) {
  const { trainer, seen } = scripted(script);
  const rows: MetricsRow[] = [];
  const snapshots: Progress[] = [];
  const starts: number[] = [];
  const run = () =>
    trainLoop({
      trainer,
      schedule: schedule({ kind: "constant", peak: 0.1, totalTokens: 1 }),
      batchAt: (position) => Int32Array.of(position),
      onMetrics: (row) => void rows.push(row),
      onStart: (loss) => void starts.push(loss),
      ...options,
      ...(options.snapshot && { snapshot: { ...options.snapshot, save: async (_, at) => void snapshots.push(at) } }),
    });
  return { run, seen, rows, snapshots, starts, positions: () => seen.batches.map(([position]) => position) };
}

const never = async () => {};
const heldOut = (everyTokens: number) => ({ everyTokens, batches: () => [] });

afterEach(() => void vi.useRealTimers());

describe("trainLoop", () => {
  it("calls beforeLastStep once, before the last step, also in a sitting that has only that one left", async () => {
    const stepsAt: number[] = [];
    const played = await play(
      { tokensPerStep: 10 },
      { totalTokens: 35, beforeLastStep: async () => void stepsAt.push(played.seen.rates.length) },
    );
    await played.run();
    expect(stepsAt).toEqual([3]);
    const from = { step: 3, tokens: 30, flops: 0, seconds: 0 };
    const rest = await play(
      { tokensPerStep: 10 },
      { totalTokens: 35, from, beforeLastStep: async () => void stepsAt.push(rest.seen.rates.length) },
    );
    await rest.run();
    expect(stepsAt).toEqual([3, 0]);
    const over = { ...from, step: 4, tokens: 40 };
    await (await play({ tokensPerStep: 10 }, { totalTokens: 35, from: over, beforeLastStep: never })).run();
  });

  it("counts no step's time for it", async () => {
    vi.useFakeTimers();
    const during = () => void vi.advanceTimersByTime(50);
    const beforeLastStep = async () => void vi.advanceTimersByTime(10_000);
    const { run, rows } = await play({ tokensPerStep: 1, during }, { totalTokens: 2, beforeLastStep });
    await run();
    expect(rows.map(({ seconds }) => seconds)).toEqual([0.05, 0.1]);
  });

  it("moves the masks on with the tokens, before anything is measured with them", async () => {
    const { run, seen } = await play({ tokensPerStep: 10 }, { totalTokens: 30, heldOut: heldOut(10) });
    await run();
    expect(seen.advanced).toEqual([0, 10, 20, 30]);
  });

  it("counts tokens, asks for each batch once and in order, and measures whenever a multiple is passed", async () => {
    const settings = fc.record({
      batchTokens: fc.integer({ min: 1, max: 50 }),
      batchesPerStep: fc.integer({ min: 1, max: 4 }),
      totalTokens: fc.nat(500),
      everyTokens: fc.integer({ min: 1, max: 300 }),
    });
    const property = fc.asyncProperty(settings, async ({ batchTokens, batchesPerStep, totalTokens, everyTokens }) => {
      const tokensPerStep = batchTokens * batchesPerStep;
      const played = await play({ tokensPerStep, batchesPerStep }, { totalTokens, heldOut: heldOut(everyTokens) });
      const { reason, progress } = await played.run();
      const steps = Math.ceil(totalTokens / tokensPerStep);
      expect(reason).toBe("done");
      expect(progress).toMatchObject({ step: steps, tokens: steps * tokensPerStep, flops: steps * 1000 });
      expect(played.positions()).toEqual(Array.from({ length: steps * batchesPerStep }, (_, i) => i * batchTokens));
      expect(played.rows.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
      const measured = new Set([steps]);
      for (let mark = everyTokens; mark <= steps * tokensPerStep; mark += everyTokens) {
        measured.add(Math.ceil(mark / tokensPerStep));
      }
      const due = [...measured].filter((step) => step > 0).sort((a, b) => a - b);
      expect(played.rows.filter((row) => row.heldOutLoss !== undefined).map(({ step }) => step)).toEqual(due);
      expect(played.seen.evaluatedAfter).toEqual([0, ...due]);
      expect(played.starts).toEqual([2]);
    });
    await fc.assert(property);
  });

  it("gives each step the rate of the tokens before it, and the row what came of it", async () => {
    const rate = schedule({ kind: "cosine", peak: 1, totalTokens: 40, warmupTokens: 20 });
    const result = (n: number) => ({ loss: 4 - n, gradNorm: n / 2 });
    const script: Script = { tokensPerStep: 10, result, heldOut: (n) => 10 - n };
    const { run, seen, rows } = await play(script, {
      totalTokens: 40,
      schedule: rate,
      heldOut: heldOut(20),
      memoryBytes: () => 77,
    });
    await run();
    expect(seen.rates).toEqual([0.5, 1, rate(20, 10), rate(30, 10)]);
    expect(rows).toMatchObject([
      { step: 1, tokens: 10, flops: 1000, loss: 3, gradNorm: 0.5, lr: 0.5, memoryBytes: 77 },
      { step: 2, tokens: 20, flops: 2000, loss: 2, gradNorm: 1, lr: 1, heldOutLoss: 8 },
      { step: 3, tokens: 30, flops: 3000, loss: 1, gradNorm: 1.5 },
      { step: 4, tokens: 40, flops: 4000, loss: 0, gradNorm: 2, heldOutLoss: 6 },
    ]);
    expect(rows.map((row) => "heldOutLoss" in row)).toEqual([false, true, false, true]);
  });

  it("times steps alone, goes on counting where it left off, and saves by the clock", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const pass = (seconds: number) => void vi.advanceTimersByTime(1000 * seconds);
    const script: Script = { tokensPerStep: 10, during: () => pass(2), evaluating: () => pass(5) };
    const from = { step: 3, tokens: 30, flops: 3000, seconds: 100 };
    const options = { from, totalTokens: 80, heldOut: heldOut(20), snapshot: { everySeconds: 8, save: never } };
    const { run, rows, snapshots, positions } = await play(script, options);
    const { progress } = await run();
    expect(rows.map(({ seconds, tokensPerSecond }) => [seconds, tokensPerSecond])).toEqual(
      [102, 104, 106, 108, 110].map((seconds) => [seconds, 5]),
    );
    expect(positions()).toEqual([30, 40, 50, 60, 70]);
    // Seconds by the wall at the end of each step: 7 (measured), 9, 16 (measured), 18, 25 (measured).
    expect(snapshots.map(({ step }) => step)).toEqual([5, 7]);
    expect(progress).toEqual({ step: 8, tokens: 80, flops: 8000, seconds: 110 });
  });

  it("neither measures before the first step again nor trains when it goes on from the end", async () => {
    const from = { step: 4, tokens: 40, flops: 4000, seconds: 1 };
    const { run, seen, starts, rows } = await play(
      { tokensPerStep: 10 },
      { from, totalTokens: 40, heldOut: heldOut(1) },
    );
    expect(await run()).toEqual({ reason: "done", progress: from });
    expect([starts, rows, seen.evaluatedAfter]).toEqual([[], [], []]);
  });

  it.each([0, 1, 3])("ends after the step at hand when aborted during step %i, with a snapshot", async (at) => {
    const controller = new AbortController();
    if (at === 0) controller.abort();
    const during = (n: number) => void (n === at && controller.abort());
    const { run, rows, snapshots } = await play(
      { tokensPerStep: 10, during },
      { totalTokens: 40, signal: controller.signal, snapshot: { everySeconds: 1e9, save: never } },
    );
    const { reason, progress } = await run();
    expect(reason).toBe("aborted");
    expect(progress).toMatchObject({ step: at, tokens: 10 * at });
    expect(snapshots).toEqual([progress]);
    expect(rows.length).toBe(at);
  });

  it("is done when aborted during its last step", async () => {
    const controller = new AbortController();
    const during = (n: number) => void (n === 4 && controller.abort());
    const { run, snapshots } = await play(
      { tokensPerStep: 10, during },
      { totalTokens: 40, signal: controller.signal, snapshot: { everySeconds: 1e9, save: never } },
    );
    expect((await run()).reason).toBe("done");
    expect(snapshots).toEqual([]);
  });

  it.each<[string, Partial<Script>]>([
    ["loss", { result: (n) => (n === 2 ? { loss: Number.NaN } : {}) }],
    ["gradient's norm", { result: (n) => (n === 2 ? { gradNorm: Number.POSITIVE_INFINITY } : {}) }],
    ["held-out loss", { heldOut: (n) => (n === 2 ? Number.NaN : 1) }],
  ])("stops when the %s is not finite, before anyone hears of the step", async (what, script) => {
    const { run, rows, snapshots } = await play(
      { tokensPerStep: 10, ...script },
      { totalTokens: 40, heldOut: heldOut(20), snapshot: { everySeconds: -1, save: never } },
    );
    const error = await errorOf(run);
    expect(error.code).toBe("E_DIVERGED");
    expect(error.format()).toContain(`the ${what} is`);
    expect(error.format()).toContain("after step 2");
    expect(error.details.hint).toContain("0.100");
    expect([rows.length, snapshots.length]).toEqual([1, 1]);
  });

  it("waits for whoever takes rows and snapshots, and passes their failure on", async () => {
    const { run } = await play(
      { tokensPerStep: 10 },
      { totalTokens: 40, onMetrics: () => Promise.reject(new Error("no space")) },
    );
    await expect(run()).rejects.toThrow("no space");
  });
});
