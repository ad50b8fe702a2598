// Stages that an engine trains: what a run asks of one, and what it refuses before anything is written.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineEngine, type EngineSession, type PreparedEngine, type TrainJob } from "@cambium/engine";
import type { HostTensor } from "@cambium/ir";
import type { TrainingState } from "@cambium/model";
import type { PluginImporter } from "@cambium/plugin";
import type { RecipeInput } from "@cambium/recipe";
import { expect, test } from "vitest";
import { runRecipe } from "../src/index.js";
import { importer, minimal, project, stages } from "./support.js";

/** An engine that adds 1 to every parameter in each step. */
class Adder implements EngineSession {
  readonly opened = { seconds: 0, ahead: false };
  #state: TrainingState | undefined;

  constructor(
    private readonly stepTokens: number,
    private readonly failAt: number,
  ) {}

  async load(state: TrainingState): Promise<void> {
    this.#state = state;
  }

  async state(): Promise<TrainingState> {
    return this.#state as TrainingState;
  }

  async train({ from, latest, onMetrics, save }: TrainJob) {
    let progress = from;
    let state = await this.state();
    while (progress.tokens < latest) {
      const tokens = progress.tokens + this.stepTokens;
      progress = { step: progress.step + 1, tokens, flops: progress.flops + 1, seconds: progress.seconds + 1 };
      if (progress.step === this.failAt) throw new Error("the machine is gone");
      state = { ...state, updates: state.updates + 1, parameters: plusOne(state.parameters) };
      await onMetrics({ ...progress, loss: 1, heldOutLoss: 1, lr: 0, gradNorm: 0, tokensPerSecond: 1 });
      await save(state, progress);
    }
    return { reason: "done", progress, state } as const;
  }

  async dispose(): Promise<void> {}
}

function plusOne(tensors: TrainingState["parameters"]): TrainingState["parameters"] {
  const added = ({ dtype, shape, data }: HostTensor) => ({ dtype, shape, data: data.map((x: number) => x + 1) });
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, added(tensor) as HostTensor]));
}

function withEngine(opened: string[], { failAt = 0, refuses = "" } = {}): PluginImporter {
  const prepared: PreparedEngine = {
    device: "adder 1",
    refusals: ({ name }) => (name === refuses ? [{ message: "it is too wide" }] : []),
    open: async ({ id, stage }, at) => {
      opened.push(`${id.replace(/-.*/, "")} at ${at}`);
      return new Adder(stage.batch * stage.accumulation * stage.context, failAt);
    },
  };
  const adder = defineEngine({ name: "adder", version: "1", summary: "-", prepare: async () => prepared });
  return {
    resolve: (specifier) => (specifier === "@cambium/engine-adder" ? specifier : importer.resolve(specifier)),
    import: async (address) => (address.endsWith("adder") ? { default: adder } : importer.import(address)),
  };
}

const recipe = (stage: string): RecipeInput => {
  return { ...minimal, train: { ...minimal.train, engine: { name: "adder", stages: [stage] } } };
};

test("a base trained here grows into a target that an engine trains, over a failure, and is done once", async () => {
  const { recipe: path, out } = project(recipe("target"));
  const opened: string[] = [];
  const failing = withEngine(opened, { failAt: 3 });
  await expect(runRecipe(path, { out, importer: failing })).rejects.toThrow("the machine is gone");
  await runRecipe(path, { out, importer: withEngine(opened) });
  expect(opened).toEqual(["target at 0", "target at 32"]);
  const again = await runRecipe(path, { out, importer: withEngine(opened) });
  expect([again.cached, opened.length]).toEqual([true, 2]);
  const [, target] = stages(out);
  const rows = readFileSync(join(target?.path ?? "", "metrics.jsonl"), "utf8")
    .trim()
    .split("\n");
  expect(rows.map((row) => JSON.parse(row).step)).toEqual(rows.map((_, i) => i + 1));
  expect(target?.manifest.growth?.operator).toBe("stack");
  const stage = JSON.parse(readFileSync(join(target?.path ?? "", "stage.json"), "utf8"));
  expect(stage).toMatchObject({ device: "adder 1", engine: { name: "adder", options: {} } });
});

test("a base that an engine trains grows here", async () => {
  const { recipe: path, out } = project({ ...recipe("base"), compare: [] });
  const outcome = await runRecipe(path, { out, importer: withEngine([]) });
  expect(outcome.state).toBe("done");
  expect(stages(out).map(({ manifest }) => manifest.state)).toEqual(["done", "done"]);
});

test.each([
  ["what an engine cannot do", recipe("target"), "E_ENGINE_CANNOT", /grown, stage "target": it is too wide/],
  [
    "an arm without the stage",
    { ...minimal, train: { ...minimal.train, engine: { name: "adder", arms: ["scratch"], stages: ["target"] } } },
    "E_RECIPE",
    /train\.engine\.0: none of its arms has one of its stages.*scratch: scratch/s,
  ],
  ["a stage that is not there", recipe("tarjet"), "E_RECIPE", /target.*tarjet/s],
] as const)("%s is refused by name, and nothing is written", async (_, given, code, text) => {
  const { recipe: path, out } = project(given);
  const refused = runRecipe(path, { out, importer: withEngine([], { refuses: "target" }) });
  await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(text) });
  expect(existsSync(out)).toBe(false);
});
