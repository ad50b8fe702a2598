// The loop: what it counts, requests and reports, with a scripted trainer.
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type LoopOptions, type MetricsRow, type Progress, schedule, trainLoop } from "../src/index.js";
import { errorOf } from "./support/errors.js";
import { type Script, scripted } from "./support/scripted.js";

/**
 * Runs the loop over a script and records all it reports. A batch is its position, so that positions can be read back.
 */
async function play(script: Script, options: Partial<LoopOptions> & { totalTokens: number }) {
  const { trainer, seen } = scripted(script);
  const rows: MetricsRow[] = [];
  const snapshots: Progress[] = [];
  const starts: number[] = [];
  const run = () =>
    trainLoop({
      trainer,
      schedule: schedule({ name: "constant", peak: 0.1 }),
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

/** A script whose results arrive in a later turn of the event loop; it notes what happens in `events`. */
function slow(events: string[], tokensPerStep: number, computing: (n: number) => void = () => {}): Script {
  let results: Promise<void> = Promise.resolve();
  return {
    tokensPerStep,
    during: (n) => void events.push(`begin ${n}`),
    evaluating: () => void events.push("measure"),
    saving: () => void events.push("save"),
    arrives: (n) => {
      results = results.then(async () => {
        await new Promise((resolve) => setImmediate(resolve));
        computing(n);
        events.push(`end ${n}`);
      });
      return results;
    },
  };
}

afterEach(() => void vi.useRealTimers());

describe("trainLoop", () => {
  it("calls beforeLastStep once, before the last step, also when resumed with only that step left", async () => {
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

  it("counts beforeLastStep toward no step's time", async () => {
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

  it("gives each step the rate for the tokens before it, and each row its step's results", async () => {
    const rate = schedule({ name: "cosine", peak: 1, total: 40, warmup: 20 });
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
    expect(reason).toBe("interrupted");
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
  ])("stops when the %s is not finite, without a row or a snapshot of the step", async (what, script) => {
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

  it("hands the next step over before this one's result arrives, unless something needs the state between them", async () => {
    const events: string[] = [];
    const script = slow(events, 10);
    const { run } = await play(script, {
      totalTokens: 90,
      heldOut: heldOut(40),
      beforeLastStep: async () => void events.push("before last"),
      onMetrics: ({ step }) => void events.push(`row ${step}`),
    });
    await run();
    expect(events.join(", ")).toBe(
      [
        "measure, begin 1, begin 2, end 1, row 1, begin 3, end 2, row 2, begin 4, end 3, row 3, end 4, measure, row 4",
        "begin 5, begin 6, end 5, row 5, begin 7, end 6, row 6, begin 8, end 7, row 7, end 8, measure, row 8",
        "before last, begin 9, end 9, measure, row 9",
      ].join(", "),
    );
  });

  it("saves after a step whose loss is known to be finite, with no later step running", async () => {
    const events: string[] = [];
    vi.useFakeTimers({ toFake: ["performance"] });
    const script = slow(events, 10, () => void vi.advanceTimersByTime(1000));
    const { run, snapshots } = await play(script, { totalTokens: 80, snapshot: { everySeconds: 2.5, save: never } });
    await run();
    expect(snapshots.map(({ step }) => step)).toEqual([4, 8]);
    expect(events.filter((event) => /save|begin [45]|end 4/.test(event))).toEqual([
      "begin 4",
      "end 4",
      "save",
      "begin 5",
      "save",
    ]);
  });

  it("saves once per request", async () => {
    const seen: number[] = [];
    let asked = 3;
    const request = () => {
      asked += seen.push(1) === 3 || seen.length === 6 ? 1 : 0;
    };
    const snapshot = { everySeconds: 1e9, save: never, requests: () => asked };
    const { run, snapshots } = await play(slow([], 10, request), { totalTokens: 80, snapshot });
    await run();
    expect(snapshots.length).toBe(2);
  });

  it("gives each step the time since the device had nothing else to do", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const script = slow([], 10, (n) => void vi.advanceTimersByTime(1000 * n));
    const { run, rows } = await play(script, {
      totalTokens: 40,
      batchAt: () => {
        vi.advanceTimersByTime(100);
        return Int32Array.of(0);
      },
    });
    await run();
    // The second step's batch is prepared while the device computes the first.
    expect(rows.map(({ seconds }) => seconds)).toEqual([1.2, 3.3, 6.4, 10.4]);
    expect(rows.map(({ tokensPerSecond }) => Math.round(100 * tokensPerSecond))).toEqual([833, 476, 323, 250]);
  });

  it("lets the running step end before it reports that the previous one diverged", async () => {
    const events: string[] = [];
    const result = (n: number) => (n === 2 ? { loss: Number.NaN } : {});
    const { run, rows, snapshots } = await play(
      { ...slow(events, 10), result },
      { totalTokens: 40, snapshot: { everySeconds: 1e9, save: never } },
    );
    expect((await errorOf(run)).code).toBe("E_DIVERGED");
    expect([rows.map(({ step }) => step), snapshots]).toEqual([[1], []]);
    expect(events.at(-1)).toBe("end 3");
  });

  it("reports a step before it fails to begin the next", async () => {
    const batchAt = (position: number) => {
      if (position === 20) throw new Error("no text left");
      return Int32Array.of(position);
    };
    const { run, rows } = await play(slow([], 10), { totalTokens: 40, batchAt });
    await expect(run()).rejects.toThrow("no text left");
    expect(rows.map(({ step }) => step)).toEqual([1, 2]);
  });

  it("awaits the callbacks that take rows and snapshots, and passes their failures on", async () => {
    const { run } = await play(
      { tokensPerStep: 10 },
      { totalTokens: 40, onMetrics: () => Promise.reject(new Error("no space")) },
    );
    await expect(run()).rejects.toThrow("no space");
  });
});
