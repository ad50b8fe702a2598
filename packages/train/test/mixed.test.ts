// Mixed precision: where f16 stands in the step, what the loss's scale does, and steps that are skipped.

import { referenceBackend } from "@cambium/backend";
import type { LossScale, TrainingState } from "@cambium/model";
import { describe, expect, it } from "vitest";
import {
  defaultOptimizer,
  type MetricsRow,
  type Precision,
  schedule,
  Trainer,
  type TrainerOptions,
  trainLoop,
  trainStepGraph,
} from "../src/index.js";
import { bits } from "./support/bits.js";
import { scripted } from "./support/scripted.js";
import { batchAt, config, initialState, size, withTrainer } from "./support/tiny.js";

const lr = 0.01;
/** What the scale does not touch. */
const without = ({ lossScale: _, ...state }: TrainingState) => bits(state);

/** Steps in mixed precision from the initial state at `lossScale`, and the state after each. */
function steps(count: number, lossScale?: LossScale, options: Partial<TrainerOptions> = {}) {
  return withTrainer({ precision: "mixed", ...options }, async (trainer) => {
    await trainer.load({ ...initialState(), ...(lossScale && { lossScale }) });
    const taken = [];
    for (let step = 0; step < count; step++) {
      const batches = Array.from({ length: trainer.batchesPerStep }, (_, i) => batchAt(10 * step + i));
      const result = await trainer.step(batches, lr);
      taken.push({ ...result, state: await trainer.state() });
    }
    return taken;
  });
}

it("state, gradients and the optimizer's work stay f32", () => {
  const graph = trainStepGraph(config, { ...size, optimizer: defaultOptimizer, precision: "mixed" });
  const types = (names: RegExp) =>
    graph.nodes.filter(({ op }) => names.test(op.name)).flatMap(({ inputs }) => inputs.map(({ type }) => type.dtype));
  expect(new Set(types(/^matmul$/))).toEqual(new Set(["f16"]));
  expect(new Set(types(/Adamw|clip|rmsNorm|scatter/))).toEqual(new Set(["f32", "i32"]));
  expect([...graph.inputs, ...graph.outputs].some(({ value }) => value.type.dtype === "f16")).toBe(false);
});

describe.each([1, 2])("accumulation %i", (accumulation) => {
  it("a step whose gradients overflow updates nothing and halves the scale; then training goes on", async () => {
    const huge = { scale: 2 ** 40, finiteSteps: 7 };
    const taken = await steps(32, huge, { accumulation });
    let before: TrainingState = { ...initialState(), lossScale: huge };
    for (const { loss, gradNorm, lossScale, skipped, state } of taken) {
      const { scale, finiteSteps } = before.lossScale as LossScale;
      expect(Number.isFinite(loss)).toBe(true);
      expect(lossScale).toBe(scale);
      expect(Number.isFinite(gradNorm)).toBe(!skipped);
      if (skipped) expect(bits(state)).toEqual(bits({ ...before, lossScale: { scale: scale / 2, finiteSteps: 0 } }));
      else {
        expect(state.updates).toBe(before.updates + 1);
        expect(state.lossScale).toEqual({ scale, finiteSteps: finiteSteps + 1 });
        expect(without(state)).not.toEqual(without(before));
      }
      before = state;
    }
    expect(taken.slice(0, 4).every(({ skipped }) => skipped)).toBe(true);
    expect(before.updates).toBeGreaterThan(4);
  });

  it("the scale doubles after 2,000 steps that were not skipped", async () => {
    const [step] = await steps(1, { scale: 2 ** 10, finiteSteps: 1999 }, { accumulation });
    expect(step).toMatchObject({ lossScale: 2 ** 10, skipped: false });
    expect(step?.state.lossScale).toEqual({ scale: 2 ** 11, finiteSteps: 0 });
  });

  it("losses and norms are those of f32 to what f16 rounds, whatever the scale", async () => {
    const [plain] = await steps(1, undefined, { accumulation, precision: "f32" });
    const scales = [2 ** 8, 2 ** 16];
    const mixed = await Promise.all(scales.map((scale) => steps(1, { scale, finiteSteps: 0 }, { accumulation })));
    expect(mixed[0]?.[0]?.loss).toBe(mixed[1]?.[0]?.loss);
    for (const [step] of mixed) {
      // Operands are off by 2^-11 of themselves at most; the model is five products deep, and back.
      expect(Math.abs((step?.loss ?? 0) / (plain?.loss ?? 0) - 1)).toBeLessThan(5 * 2 ** -11);
      expect(Math.abs((step?.gradNorm ?? 0) / (plain?.gradNorm ?? 0) - 1)).toBeLessThan(10 * 2 ** -11);
    }
  });
});

it.each([null, Number.MAX_VALUE, 0.1])("clips to %s of the unscaled norm", async (clip) => {
  const optimizer = { clip };
  const [mixed] = await steps(1, undefined, { optimizer });
  const [plain] = await steps(1, undefined, { optimizer, precision: "f32" });
  for (const [name, { data }] of Object.entries(plain?.state.m ?? {})) {
    const largest = Math.max(...data.map(Math.abs));
    const off = Math.max(...data.map((x, i) => Math.abs(x - (mixed?.state.m[name]?.data[i] as number))));
    expect(off / largest, name).toBeLessThan(20 * 2 ** -11);
  }
});

const plain = ["f32", "i32", "bool"] as const;

it.each([
  ["does not know f16", plain, /^reference \(.*\) computes f32, i32, bool$/],
  ["only holds f16", [...plain, "f16"] as const, /computes f32, i32, bool, and holds f16 as f32$/],
])("a device that %s is refused, with what it has and what to try", async (_, accepts, got) => {
  const device = await referenceBackend.open();
  const open = (precision: Precision) =>
    Trainer.open({
      ...{
        device: { ...device, info: { ...device.info, accepts, computes: plain } },
        model: config,
        ...size,
        precision,
      },
    });
  await expect(open("mixed")).rejects.toMatchObject({
    code: "E_UNSUPPORTED",
    details: { got: expect.stringMatching(got), hint: expect.stringMatching(/--precision f32.*shader-f16/) },
  });
  (await open("f32"))[Symbol.dispose]();
});

it("bf16 is refused where it is not computed; the error names what the device computes, and where to find bf16", async () => {
  const device = await referenceBackend.open();
  const info = { ...device.info, computes: [...plain, "f16"] as const };
  await expect(
    Trainer.open({ device: { ...device, info }, model: config, ...size, precision: "bf16" }),
  ).rejects.toMatchObject({
    code: "E_UNSUPPORTED",
    details: { hint: expect.stringMatching(/^--precision f32 or --precision mixed .*--backend-option engine=node/) },
  });
});

it("in bf16, products alone read bf16, and the state is that of f32", () => {
  const graph = trainStepGraph(config, { ...size, optimizer: defaultOptimizer, precision: "bf16" });
  const plainGraph = trainStepGraph(config, { ...size, optimizer: defaultOptimizer });
  const reads = (names: RegExp) =>
    graph.nodes.filter(({ op }) => names.test(op.name)).flatMap(({ inputs }) => inputs.map(({ type }) => type.dtype));
  expect(new Set(reads(/^matmul$/))).toEqual(new Set(["bf16"]));
  expect(new Set(reads(/adamw|clip|rmsNorm|scatter/))).toEqual(new Set(["f32", "i32"]));
  expect(graph.inputs.map(({ name }) => name)).toEqual(plainGraph.inputs.map(({ name }) => name));
  expect(graph.outputs.map(({ name }) => name)).toEqual(plainGraph.outputs.map(({ name }) => name));
});

describe("the loop", () => {
  const run = async (scales: readonly number[]) => {
    const { trainer, seen } = scripted({
      tokensPerStep: 1,
      result: (n) => {
        const lossScale = scales[n - 1] as number;
        return lossScale > 0 ? { gradNorm: Number.NaN, lossScale, skipped: true } : { lossScale: 1, skipped: false };
      },
    });
    const rows: MetricsRow[] = [];
    const totalTokens = scales.length;
    const rate = schedule({ name: "constant", peak: 1 });
    await trainLoop({
      ...{ trainer, totalTokens, schedule: rate },
      batchAt: () => new Int32Array(),
      onMetrics: (row) => void rows.push(row),
    });
    return { rows, seen };
  };

  it("says which steps were skipped, and goes on", async () => {
    const { rows } = await run([4, 2, 0]);
    expect(rows.map(({ step, skipped, lossScale }) => [step, skipped, lossScale])).toEqual([
      [1, true, 4],
      [2, true, 2],
      [3, undefined, 1],
    ]);
  });

  it("a step skipped at the least scale is a divergence", async () => {
    await expect(run([2, 1, 0])).rejects.toMatchObject({
      code: "E_DIVERGED",
      message: expect.stringContaining("step 2"),
    });
  });
});

it("a state handed from trainer to trainer on the device keeps its scale, its count of updates and its bits", async () => {
  const lossScale = { scale: 2 ** 40, finiteSteps: 7 };
  await withTrainer({ precision: "mixed" }, async (first, device) => {
    using second = await Trainer.open({ device, model: config, ...size, precision: "mixed" });
    await first.load({ ...initialState(), lossScale });
    await first.step([batchAt(0)], lr);
    const before = await first.state();
    // The step overflowed: it was skipped, so that the count of updates is not the count of steps.
    expect([before.updates, before.lossScale]).toEqual([0, { scale: 2 ** 39, finiteSteps: 0 }]);
    const handed = await first.take();
    expect([handed.updates, handed.lossScale]).toEqual([before.updates, before.lossScale]);
    await second.adopt(handed);
    const after = await second.state();
    expect(after.lossScale).toEqual(before.lossScale);
    expect(bits(after)).toEqual(bits(before));
    await second.step([batchAt(1)], lr);
  });
});
