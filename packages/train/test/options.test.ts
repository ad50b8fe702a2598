// Settings, states and batches that do not fit: refused with every reason, and nothing left on the device.
import { type Device, referenceBackend } from "@cambium/backend";
import { CambiumError, hostTensor } from "@cambium/ir";
import { parameterTable, plainPhase, type TrainingState } from "@cambium/model";
import { describe, expect, it } from "vitest";
import {
  defaultOptimizer,
  flattenState,
  freshState,
  optimizerOptions,
  Trainer,
  type TrainerOptions,
  unflattenState,
} from "../src/index.js";
import { bits } from "./support/bits.js";
import { errorOf, reasonsOf } from "./support/errors.js";
import { batchAt, config, initialState, size, withTrainer } from "./support/tiny.js";

describe("optimizerOptions", () => {
  it("fills in the paper's settings", () => {
    expect(optimizerOptions()).toEqual({ beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, clip: 1 });
    expect(optimizerOptions({ clip: null, beta1: 0 })).toEqual({
      ...defaultOptimizer,
      clip: null,
      beta1: 0,
    });
  });

  it("names all that is out of range", async () => {
    const wrong = { beta1: 1, beta2: -0.1, eps: 0, weightDecay: Number.NaN, clip: 0 };
    const error = await errorOf(() => optimizerOptions(wrong));
    expect(error.code).toBe("E_OPTIMIZER");
    expect(reasonsOf(error)).toEqual(Object.keys(wrong));
    expect(reasonsOf(await errorOf(() => optimizerOptions({ ...defaultOptimizer, clip: -1 })))).toEqual(["clip"]);
  });

  it("names a setting that there is not", async () => {
    const error = await errorOf(() => optimizerOptions({ beta3: 0.5 } as object));
    expect(reasonsOf(error)).toEqual([undefined]);
    expect(error.message).toContain("beta3");
  });
});

describe("Trainer.open", () => {
  it.each<[string, Partial<TrainerOptions>, string[]]>([
    ["invalid sizes", { batch: 0, context: 1.5, accumulation: Number.NaN }, ["batch", "context", "accumulation"]],
    [
      "a frozen parameter that is not there",
      { phase: { ...plainPhase, frozen: ["lm_haed.weight"] } },
      ["frozen: lm_haed.weight"],
    ],
    [
      "a multiplier of nothing",
      { phase: { ...plainPhase, lrMultipliers: { constructor: 1 } } },
      ["lrMultipliers: constructor"],
    ],
    [
      "a negative multiplier",
      { phase: { ...plainPhase, lrMultipliers: { "model.embed_tokens.weight": -1 } } },
      [`lrMultipliers: model.embed_tokens.weight`],
    ],
    [
      "nothing to train",
      { phase: { ...plainPhase, frozen: parameterTable(config).map(({ name }) => name) } },
      ["frozen"],
    ],
  ])("refuses %s", async (_, options, where) => {
    const error = await errorOf(() => withTrainer(options, async () => {}));
    expect(error.code).toBe("E_TRAINER");
    expect(reasonsOf(error)).toEqual(where);
  });

  it("refuses a sequence longer than the context", async () => {
    expect((await errorOf(() => withTrainer({ context: 9 }, async () => {}))).code).toBe("E_CONTEXT");
  });

  it.each([1, 2])("leaves nothing compiled when the device refuses a graph, accumulation %i", async (accumulation) => {
    await using device = await referenceBackend.open();
    for (let refused = 1; refused <= accumulation; refused++) {
      let left = refused;
      const compile: Device["compile"] = async (graph) => {
        left -= 1;
        if (left === 0) throw new CambiumError("E_UNSUPPORTED", "as the test wants it");
        return device.compile(graph);
      };
      const error = await errorOf(() =>
        Trainer.open({ device: { ...device, compile }, model: config, ...size, accumulation }),
      );
      expect(error.code).toBe("E_UNSUPPORTED");
      expect((await device.memory()).executables).toBe(0);
    }
  });

  it("compiles the loss when it is first evaluated, again after a refusal", async () => {
    await using device = await referenceBackend.open();
    let refuse = true;
    const compile: Device["compile"] = async (graph) => {
      if (refuse && graph.outputs.length === 1) throw new CambiumError("E_UNSUPPORTED", "as the test wants it");
      return device.compile(graph);
    };
    using trainer = await Trainer.open({ device: { ...device, compile }, model: config, ...size });
    await trainer.load(initialState());
    expect((await device.memory()).executables).toBe(1);
    expect((await errorOf(() => trainer.evaluate([batchAt(0)]))).code).toBe("E_UNSUPPORTED");
    refuse = false;
    const loss = await trainer.evaluate([batchAt(0)]);
    expect(await trainer.evaluate([batchAt(0)])).toBe(loss);
    expect((await device.memory()).executables).toBe(2);
  });
});

describe("Trainer.load", () => {
  it("names everything that does not fit, and keeps the state it had", async () => {
    await withTrainer({}, async (trainer) => {
      await trainer.load(initialState());
      const error = await errorOf(() => trainer.load(misfit()));
      expect(error.code).toBe("E_STATE");
      expect(reasonsOf(error)).toEqual([
        "updates",
        `parameters of model.embed_tokens.weight`,
        "parameters of stranger",
        `m of model.norm.weight`,
        `v of model.norm.weight`,
      ]);
      expect(bits(await trainer.state())).toEqual(bits(initialState()));
    });
  });

  it("leaves nothing behind when the device runs full half-way", async () => {
    await using device = await referenceBackend.open();
    let room = 5;
    const upload: Device["upload"] = async (tensor) => {
      room -= 1;
      if (room < 0) throw new CambiumError("E_OUT_OF_MEMORY", "as the test wants it");
      return device.upload(tensor);
    };
    using trainer = await Trainer.open({ device: { ...device, upload }, model: config, ...size });
    expect((await errorOf(() => trainer.load(initialState()))).code).toBe("E_OUT_OF_MEMORY");
    expect((await device.memory()).tensors).toBe(0);
  });

  it("does not keep or change the host's tensors", async () => {
    await withTrainer({}, async (trainer) => {
      const given = initialState();
      await trainer.load(given);
      await trainer.step([batchAt(0)], 0.01);
      expect(bits(given)).toEqual(bits(initialState()));
      const held = await trainer.state();
      held.parameters["model.embed_tokens.weight"]?.data.fill(0);
      expect(bits(await trainer.state())).not.toEqual(bits(held));
    });
  });
});

describe("batches", () => {
  it("of another number or size are refused before anything runs", async () => {
    await withTrainer({ accumulation: 2 }, async (trainer) => {
      await trainer.load(initialState());
      const short = batchAt(0).subarray(1);
      for (const batches of [[], [batchAt(0)], [batchAt(0), batchAt(1), batchAt(2)], [batchAt(0), short]]) {
        expect((await errorOf(() => trainer.step(batches, 0.01))).code).toBe("E_BATCH");
      }
      expect((await errorOf(() => trainer.evaluate([]))).code).toBe("E_BATCH");
      expect((await errorOf(() => trainer.evaluate([short]))).code).toBe("E_BATCH");
      expect(bits(await trainer.state())).toEqual(bits(initialState()));
    });
  });

  it("are evaluated by their mean, the state untouched", async () => {
    await withTrainer({}, async (trainer) => {
      await trainer.load(initialState());
      const one = await trainer.evaluate([batchAt(0)]);
      const other = await trainer.evaluate([batchAt(1)]);
      expect(await trainer.evaluate([batchAt(0), batchAt(1)])).toBe((one + other) / 2);
      expect(bits(await trainer.state())).toEqual(bits(initialState()));
      expect((await trainer.step([batchAt(0)], 0.01)).loss).toBe(one);
    });
  });
});

describe("flattenState", () => {
  it("is undone by unflattenState, with names that cannot meet", () => {
    const flat = flattenState(initialState());
    expect(Object.keys(flat).length).toBe(3 * parameterTable(config).length);
    expect(bits(unflattenState(config, flat, 5))).toEqual({ ...bits(initialState()), updates: "5" });
  });

  it("leaves no tensor unaccounted for", async () => {
    const tensors = {
      ...flattenState(initialState()),
      "m:stranger": hostTensor("f32", [1]),
      constructor: hostTensor("f32", [1]),
    };
    const error = await errorOf(() => unflattenState(config, tensors, 0));
    expect(error.code).toBe("E_STATE");
    expect(reasonsOf(error)).toEqual(["m:stranger", "constructor"]);
  });
});

/** Wrong in its count, in a shape, by a tensor too many and one too few. */
function misfit(): TrainingState {
  const state = initialState();
  const stranger = { stranger: hostTensor("f32", [1]) };
  const without = ({ "model.norm.weight": _, ...rest }: TrainingState["m"]) => rest;
  const parameters = { ...state.parameters, "model.embed_tokens.weight": hostTensor("f32", [1, 2]), ...stranger };
  return { updates: -1, parameters, m: without(state.m), v: without(freshState(state.parameters).v) };
}
