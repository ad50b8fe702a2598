// A run that stops anywhere and goes on from its snapshot ends in the bits of one that was never stopped.
import { type Mask, plainPhase, type TrainingState } from "@cambium/model";
import { describe, expect, it } from "vitest";
import {
  flattenState,
  type MetricsRow,
  noProgress,
  type Progress,
  schedule,
  type TrainerOptions,
  trainLoop,
  unflattenState,
} from "../src/index.js";
import { bits } from "./support/bits.js";
import { batchAt, config, initialState, size, withTrainer } from "./support/tiny.js";

const variants: [string, Partial<TrainerOptions>][] = [
  ["plain", {}],
  [
    "accumulated, frozen in part, with multipliers",
    {
      accumulation: 2,
      phase: {
        ...plainPhase,
        frozen: ["model.embed_tokens.weight"],
        lrMultipliers: { "model.layers.1.mlp.down_proj.weight": 0.5 },
      },
    },
  ],
];

/** A neuron that is shut for a step and open after three and a half, and a layer that is open after two. */
const masks: Mask[] = [
  {
    tensors: ["model.layers.0.mlp.down_proj.weight"],
    axis: "intermediate",
    range: [4, 5],
    schedule: { kind: "linear", start: 12, tokens: 30 },
  },
  { tensors: [], axis: "layers", range: [1, 2], schedule: { kind: "linear", start: 0, tokens: 24 } },
];
const phase = { ...plainPhase, masks };
variants.push(["masked", { phase }], ["masked and accumulated", { phase, accumulation: 2 }]);
variants.push(["in mixed precision", { precision: "mixed" }]);
variants.push(["in mixed precision, accumulated", { precision: "mixed", accumulation: 2 }]);
/** Of a depth drawn for each of the first four steps. */
const parts = { ...plainPhase, submodels: { depths: [1, 2], top: 1, tokens: 48 } };
variants.push(["in sub-models", { phase: parts, seed: 3 }]);
variants.push(["in sub-models, mixed and accumulated", { phase: parts, seed: 3, precision: "mixed", accumulation: 2 }]);
const distill = { teacher: config, weight: 0.5, temperature: 2 };
variants.push(["learning from a teacher in sub-models, accumulated", { phase: parts, distill, accumulation: 2 }]);
variants.push(["learning from a teacher, mixed", { distill, precision: "mixed" }]);
const steps = 6;

interface Stop {
  readonly state: TrainingState;
  readonly progress: Progress;
}

/** What a snapshot's file keeps: flat tensors, and the rest as JSON. */
function throughSnapshot({ state, progress }: Stop): Stop {
  const kept = JSON.parse(JSON.stringify({ progress, updates: state.updates, lossScale: state.lossScale }));
  const { lossScale } = kept;
  const restored = unflattenState(config, flattenState(state), kept.updates);
  return { state: { ...restored, ...(lossScale && { lossScale }) }, progress: kept.progress };
}

/** An attempt of the stage on a device of its own, from `start` to the end or to `stopAfter` steps. */
function attempt(options: Partial<TrainerOptions>, start: Stop, stopAfter = Number.POSITIVE_INFINITY) {
  return withTrainer(options, async (trainer) => {
    await trainer.load(start.state);
    await trainer.teach(initialState("teacher").parameters);
    const rows: object[] = [];
    const stops: Stop[] = [];
    const controller = new AbortController();
    if (start.progress.step >= stopAfter) controller.abort();
    const totalTokens = steps * trainer.tokensPerStep - 1;
    const { reason, progress } = await trainLoop({
      trainer,
      schedule: schedule({ name: "cosine", peak: 0.01, total: totalTokens, warmup: 2 * trainer.tokensPerStep }),
      totalTokens,
      from: start.progress,
      batchAt: (position) => batchAt(position),
      heldOut: { everyTokens: 1.5 * trainer.tokensPerStep, batches: () => [batchAt(1e6), batchAt(2e6)] },
      snapshot: { everySeconds: -1, save: async (state, at) => void stops.push({ state, progress: at }) },
      onStart: (heldOutLoss) => void rows.push({ start: heldOutLoss }),
      onMetrics: (row) => {
        rows.push(withoutTime(row));
        if (row.step >= stopAfter) controller.abort();
      },
      signal: controller.signal,
    });
    return { reason, progress, rows, stops, end: bits(await trainer.state()) };
  });
}

function withoutTime({ seconds: _, tokensPerSecond: __, ...row }: MetricsRow): object {
  return row;
}

const beginning = (): Stop => ({ state: initialState(), progress: noProgress });

describe.each(variants)("a stopped run, %s", (_, options) => {
  it("goes on from every one of its snapshots to the same bits and the same rows", async () => {
    const whole = await attempt(options, beginning());
    expect(whole.progress).toMatchObject({
      step: steps,
      tokens: steps * size.batch * size.context * (options.accumulation ?? 1),
    });
    expect(whole.stops.length).toBe(steps);
    expect(new Set(whole.stops.map(({ state }) => JSON.stringify(bits(state)))).size).toBe(steps);
    for (const stop of whole.stops) {
      const rest = await attempt(options, throughSnapshot(stop));
      expect(rest.end).toEqual(whole.end);
      expect(rest.rows).toEqual(whole.rows.slice(1 + stop.progress.step));
      expect(rest.progress.flops).toBe(whole.progress.flops);
    }
  });

  it("ends alike when it is aborted at every step in turn", async () => {
    const whole = await attempt(options, beginning());
    let stop = beginning();
    const rows: object[] = [];
    for (let step = 0; step < steps; step++) {
      const part = await attempt(options, stop, step);
      expect([part.reason, part.progress.step]).toEqual(["interrupted", step]);
      // Stopped before its first step it has measured the start, and will again.
      rows.push(...part.rows.slice(step === 0 ? 1 : 0));
      stop = throughSnapshot(part.stops.at(-1) as Stop);
    }
    const last = await attempt(options, stop);
    expect(last.end).toEqual(whole.end);
    expect([...rows, ...last.rows]).toEqual(whole.rows);
  });
});

it("differs when a moment, an update count or a position differs", async () => {
  const whole = await attempt({}, beginning());
  const stop = whole.stops[2] as Stop;
  const { state, progress } = stop;
  const cleared = { ...state, v: initialState().v };
  const variants = [
    { ...stop, state: cleared },
    { ...stop, state: { ...state, updates: 0 } },
    { state, progress: { ...progress, tokens: progress.tokens - 1 } },
  ];
  for (const variant of variants) expect((await attempt({}, variant)).end).not.toEqual(whole.end);
});
