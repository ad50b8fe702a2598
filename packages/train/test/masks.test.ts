// Training behind masks: the masks follow the tokens read, and once they are open the plain model trains, bit for bit.
import type { HostTensor } from "@cambium/ir";
import { type Mask, plainPhase } from "@cambium/model";
import { describe, expect, it } from "vitest";
import { bits } from "./support/bits.js";
import { errorOf, reasonsOf } from "./support/errors.js";
import { batchAt, config, initialState, size, withTrainer } from "./support/tiny.js";

const down = "model.layers.1.mlp.down_proj.weight";
const opening = (tokens: number): Mask[] => [
  { tensors: [down], axis: "intermediate", range: [4, 8], schedule: { kind: "linear", start: 0, tokens } },
  { tensors: [], axis: "layers", range: [0, 1], schedule: { kind: "linear", start: 0, tokens: tokens / 2 } },
];
const masked = (masks: Mask[]) => ({ phase: { ...plainPhase, masks } });
const shutNeurons = opening(24).slice(0, 1);

describe("a trainer with masks", () => {
  it("evaluates the model as far as its masks are open, whatever was trained", async () => {
    const plain = await withTrainer({}, async (trainer) => {
      await trainer.load(initialState());
      return trainer.evaluate([batchAt(0)]);
    });
    await withTrainer(masked(opening(24)), async (trainer) => {
      await trainer.load(initialState());
      const losses: number[] = [];
      for (const tokens of [0, 6, 12, 18, 24, 1e9]) {
        await trainer.advance(tokens);
        losses.push(await trainer.evaluate([batchAt(0)]));
      }
      expect(new Set(losses).size).toBe(5);
      expect(losses.slice(-2)).toEqual([plain, plain]);
    });
  });

  it("gives shut neurons no gradient, and all others one", async () => {
    await withTrainer({ ...masked(shutNeurons), optimizer: { weightDecay: 0 } }, async (trainer) => {
      await trainer.load(initialState());
      await trainer.step([batchAt(0)], 0.01);
      const { m } = await trainer.state();
      const width = config.config.intermediate;
      const columns = (m[down]?.data ?? []) as Float32Array;
      const moved = Array.from({ length: width }, (_, k) => columns.some((x, i) => i % width === k && x !== 0));
      expect(moved).toEqual(Array.from({ length: width }, (_, k) => k < 4 || k >= 8));
    });
  });

  it("is the plain trainer once they are open, and counts the same FLOPs before", async () => {
    const run = (options: object, tokens: number) =>
      withTrainer(options, async (trainer) => {
        const masked = trainer.flopsPerStep;
        await trainer.load(initialState());
        await trainer.advance(tokens);
        await trainer.step([batchAt(0)], 0.01);
        return { bits: bits(await trainer.state()), flops: [masked, trainer.flopsPerStep] };
      });
    const plain = await run({}, 0);
    expect(await run(masked(opening(24)), 24)).toEqual(plain);
    expect(await run({ ...masked(opening(24)), tokens: 24 }, 24)).toEqual(plain);
    expect((await run(masked(opening(24)), 12)).bits).not.toEqual(plain.bits);
  });

  it("holds one compiled model at a time", async () => {
    await withTrainer(masked(opening(24)), async (trainer, device) => {
      const { executables } = await device.memory();
      await trainer.advance(24);
      expect((await device.memory()).executables).toBe(executables);
    });
  });

  it("keeps a mask that never opens", async () => {
    const half: Mask = { ...(shutNeurons[0] as Mask), schedule: { kind: "const", value: 0.5 } };
    await withTrainer(masked([half]), async (trainer) => {
      await trainer.load(initialState());
      await trainer.advance(1e12);
      const masked = await trainer.evaluate([batchAt(0)]);
      const state = await trainer.state();
      const held = state.parameters[down] as HostTensor<"f32">;
      const data = held.data.map((x, i) => {
        const column = i % config.config.intermediate;
        return column >= 4 && column < 8 ? x / 2 : x;
      });
      const scaled = { ...held, data };
      const plain = await withTrainer({}, async (other) => {
        await other.load({ ...state, parameters: { ...state.parameters, [down]: scaled } });
        return other.evaluate([batchAt(0)]);
      });
      // Halving is exact: both round the same products.
      expect(masked).toBe(plain);
    });
  });

  it("refuses masks on tensors that are not there, or have no such axis", async () => {
    const stranger: Mask = { ...(shutNeurons[0] as Mask), tensors: ["nothing", "model.embed_tokens.weight"] };
    const error = await errorOf(() => withTrainer({ ...size, ...masked([stranger]) }, async () => {}));
    expect([error.code, reasonsOf(error)]).toEqual(["E_TRAINER", ["masks / 0: nothing", "masks / 0"]]);
  });
});
