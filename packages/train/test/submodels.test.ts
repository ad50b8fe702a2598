// Training in sub-models: each step is that of the sub-model as a model of its own, to the bit, and leaves the rest alone.
import {
  initParameters,
  type ModelSpec,
  modelSpec,
  parameterTable,
  plainPhase,
  type TrainingState,
} from "@cambium/model";
import { describe, expect, it } from "vitest";
import { freshState, type TrainerOptions } from "../src/index.js";
import { bits } from "./support/bits.js";
import { errorOf, reasonsOf } from "./support/errors.js";
import { batchAt, config, initialState, size, withTrainer } from "./support/tiny.js";

const tokensPerStep = size.batch * size.context;
const phase = (submodels: object) => ({ ...plainPhase, submodels: { depths: [1, 2], tokens: 1e9, ...submodels } });
const shallow = (layers: number, of: ModelSpec) => modelSpec(of.family, { ...of.config, layers });

/** What of `state` belongs to `model`. */
function within(model: ModelSpec, state: TrainingState): TrainingState {
  const names = new Set(parameterTable(model).map(({ name }) => name));
  const cut = (tensors: TrainingState["m"]) =>
    Object.fromEntries(Object.entries(tensors).filter(([name]) => names.has(name)));
  return { ...state, parameters: cut(state.parameters), m: cut(state.m), v: cut(state.v) };
}

/** The state after a step of a trainer of its own. */
const stepOf = (model: ModelSpec, state: TrainingState, options: Partial<TrainerOptions>, step: number) =>
  withTrainer({ model, ...options }, async (trainer) => {
    await trainer.load(state);
    await trainer.step([batchAt(step)], 0.01);
    return { after: await trainer.state(), flops: trainer.flopsPerStep };
  });

describe("a step in a sub-model", () => {
  it.each([
    ["all of it", {}, 1, false],
    ["all of it, tied", {}, 1, true],
    ["its top layer", { top: 1 }, 2, false],
    ["its top layer, tied", { top: 1 }, 2, true],
  ] as const)("that trains %s equals the sub-model's own, and counts its FLOPs", async (_, submodels, depth, tied) => {
    const model = modelSpec(config.family, { ...config.config, layers: 3, tied });
    const part = shallow(depth, model);
    const own = parameterTable(part).map(({ name }) => name);
    const below = (name: string) => name.startsWith("model.layers.0.") || (name.includes("embed") && !tied);
    const frozen = "top" in submodels ? own.filter(below) : [];
    await withTrainer({ model, phase: phase({ ...submodels, depths: [depth] }) }, async (trainer) => {
      const start = freshState(initParameters(model, { seed: "tiny", scheme: "paper" }));
      await trainer.load(start);
      await trainer.step([batchAt(0)], 0.01);
      const alone = await stepOf(part, within(part, start), { phase: { ...plainPhase, frozen } }, 0);
      const state = await trainer.state();
      expect(trainer.flopsPerStep).toBe(alone.flops);
      expect(bits(within(part, state))).toMatchObject(bits(alone.after));
      for (const name of Object.keys(start.parameters)) {
        if (own.includes(name) && !frozen.includes(name)) continue;
        expect([name, state.parameters[name], state.m[name]]).toEqual([name, start.parameters[name], start.m[name]]);
      }
    });
  });

  it("is drawn by seed and step: every depth, in no order, and the same again", async () => {
    const drawn = (seed: number) =>
      withTrainer({ phase: phase({}), seed }, async (trainer) => {
        const flops: number[] = [];
        for (let step = 0; step < 40; step++) {
          await trainer.advance(step * tokensPerStep);
          flops.push(trainer.flopsPerStep);
        }
        return flops;
      });
    const draws = await drawn(5);
    const [low, high] = [...new Set(draws)].sort((a, b) => a - b) as [number, number];
    const counts = [low, high].map((flops) => draws.filter((one) => one === flops).length);
    // Forty fair draws: fewer than seven of either have a chance of 1e-5. The seed is fixed.
    expect(Math.min(...counts)).toBeGreaterThan(6);
    expect(await drawn(5)).toEqual(draws);
    expect(await drawn(6)).not.toEqual(draws);
  });
});

it("trains the whole model once their time is over, and evaluates it all along", async () => {
  const run = (options: Partial<TrainerOptions>, tokens: number) =>
    withTrainer(options, async (trainer, device) => {
      await trainer.load(initialState());
      await trainer.advance(tokens);
      const loss = await trainer.evaluate([batchAt(9)]);
      await trainer.step([batchAt(0)], 0.01);
      return { loss, bits: bits(await trainer.state()), executables: (await device.memory()).executables };
    });
  const plain = await run({}, 0);
  const inParts = { phase: phase({ tokens: 2 * tokensPerStep, depths: [1] }) };
  expect((await run(inParts, tokensPerStep)).loss).toBe(plain.loss);
  expect((await run(inParts, tokensPerStep)).bits).not.toEqual(plain.bits);
  expect(await run(inParts, 2 * tokensPerStep)).toEqual(plain);
  expect(await run({ ...inParts, tokens: 2 * tokensPerStep }, 2 * tokensPerStep)).toEqual(plain);
});

it("refuses depths that the model has not, and lengths of nothing", async () => {
  const wrong = phase({ depths: [0, 1.5, 3], top: 0, tokens: 0 });
  const error = await errorOf(() => withTrainer({ phase: wrong }, async () => {}));
  const depths = Array(3).fill("submodels / depths");
  expect([error.code, reasonsOf(error)]).toEqual(["E_TRAINER", [...depths, "submodels / top", "submodels / tokens"]]);
});
