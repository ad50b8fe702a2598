// Whole runs on the reference backend: caching, continuing to the same bits, growth, budgets.
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineBackend, referenceBackend } from "@cambium/backend";
import { loadSnapshot, SafetensorsFile, type Snapshot } from "@cambium/checkpoint";
import { CambiumError, type Reason } from "@cambium/ir";
import { readHfModel } from "@cambium/model";
import type { PluginImporter } from "@cambium/plugin";
import type { ArmPlan } from "@cambium/recipe";
import { readRows } from "@cambium/run-format/node";
import type { SwitchSeconds } from "@cambium/train";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { type RunObserver, readParameters, runRecipe } from "../src/index.js";
import { importer, minimal, project, stages, weights } from "./support.js";

/** A device that takes models of one layer. */
const narrowBackend = defineBackend({
  name: "narrow",
  probe: async () => [],
  open: async () => {
    const device = await referenceBackend.open();
    return {
      info: device.info,
      compile: async (graph) => {
        const deep = graph.inputs.some(({ name }) => name.startsWith("model.layers.1."));
        if (deep) throw new CambiumError("E_LIMIT", "one layer at most");
        return device.compile(graph);
      },
      upload: (tensor) => device.upload(tensor),
      download: (tensor) => device.download(tensor),
      memory: () => device.memory(),
      close: () => device.close(),
      [Symbol.asyncDispose]: () => device.close(),
    };
  },
});

const golden = (path: string) => new URL(`../../${path}`, import.meta.url).pathname;

describe("a run", () => {
  test("trains both arms; a second run does nothing; a changed growth redoes the grown arm alone", async () => {
    const { folder, recipe, out } = project();
    expect(await runRecipe(recipe, { out, importer })).toMatchObject({ state: "done", cached: false });
    const before = weights(out);
    expect(Object.keys(before)).toEqual(["base", "target", "scratch"]);
    expect(stages(out).every(({ manifest }) => manifest.state === "done")).toBe(true);
    expect(await runRecipe(recipe, { out, importer })).toMatchObject({ state: "done", cached: true });

    writeFileSync(recipe, stringify({ ...minimal, growth: [{ ...minimal.growth[0], moments: "carry" }] }));
    const cached: string[] = [];
    await runRecipe(recipe, { out, importer, observer: { onCached: ({ stage }) => void cached.push(stage.name) } });
    expect(cached).toEqual(["base", "scratch"]);
    rmSync(folder, { recursive: true });
  });

  test("stopped after any step and continued, it ends in the same bits and the same metrics", async () => {
    const { folder, recipe, out } = project();
    await runRecipe(recipe, { out, importer });
    const undisturbed = weights(out);
    const losses = async (where: string) =>
      Promise.all(
        stages(where).map(async ({ path }) =>
          (await readRows(join(path, "metrics.jsonl"))).map(({ step, loss, heldOutLoss }) => [step, loss, heldOutLoss]),
        ),
      );
    for (const stopAfter of [1, 3, 6, 9, 14]) {
      const again = join(folder, `stopped-${stopAfter}`);
      let seen = 0;
      const controller = new AbortController();
      const observer = { onMetrics: () => void (++seen === stopAfter && controller.abort()) };
      expect((await runRecipe(recipe, { out: again, importer, observer, signal: controller.signal })).state).toBe(
        "interrupted",
      );
      expect((await runRecipe(recipe, { out: again, importer })).state).toBe("done");
      for (const [name, bytes] of Object.entries(weights(again)))
        expect(bytes.equals(undisturbed[name] as Buffer), name).toBe(true);
      expect(await losses(again)).toEqual(await losses(out));
    }
    rmSync(folder, { recursive: true });
  });

  test("in mixed precision, stopped and continued, it ends in the same bits; its loss scale is in the snapshot", async () => {
    const { folder, recipe, out } = project();
    await runRecipe(recipe, { out, importer, precision: "mixed" });
    expect(readFileSync(join(out, "recipe.yaml"), "utf8")).toContain("precision: mixed");
    const again = join(folder, "stopped");
    let seen = 0;
    const controller = new AbortController();
    const observer = { onMetrics: () => void (++seen === 3 && controller.abort()) };
    await runRecipe(recipe, { out: again, importer, observer, signal: controller.signal, precision: "mixed" });
    const base = readdirSync(join(again, "stages")).find((id) => id.startsWith("base")) as string;
    const { state, tensors } = (await loadSnapshot(join(again, "stages", base, "snapshot"))) as Snapshot;
    await tensors.close();
    const { updates } = state as { updates: number };
    expect(updates).toBeGreaterThan(0);
    expect(state).toMatchObject({ lossScale: { scale: 2 ** 16, finiteSteps: updates } });
    await runRecipe(recipe, { out: again, importer, precision: "mixed" });
    expect(weights(again)).toEqual(weights(out));
    const rows = await readRows(join(stages(out)[0]?.path ?? "", "metrics.jsonl"));
    expect(rows.every(({ lossScale, skipped }) => lossScale === 2 ** 16 && skipped === undefined)).toBe(true);
    // In f32 it is another run, in the same directory.
    expect(await runRecipe(recipe, { out, importer })).toMatchObject({ state: "done", cached: false });
    rmSync(folder, { recursive: true });
  });

  test("the grown model starts as its base, stacked", async () => {
    const growth = [{ operator: "stack", factor: 2, at: 96 }];
    const { folder, recipe, out } = project({ ...minimal, growth, train: { ...minimal.train, lr: 1e-30 } });
    await runRecipe(recipe, { out, importer });
    const [base, target] = stages(out);
    const parameters = async (stage: string) => {
      const model = readHfModel(JSON.parse(readFileSync(join(stage, "model", "config.json"), "utf8")));
      return readParameters(join(stage, "model"), model);
    };
    const [small, large] = [await parameters(base?.path ?? ""), await parameters(target?.path ?? "")];
    for (const [name, tensor] of Object.entries(large)) {
      // With a learning rate of nothing the target ends as it began.
      expect(tensor.data, name).toEqual(small[name.replace("layers.1.", "layers.0.")]?.data);
    }
    expect(target?.manifest.growth).toMatchObject({
      operator: "stack",
      layerMap: [0, 0],
      connectionRate: 0,
      from: base?.manifest.id,
    });
    rmSync(folder, { recursive: true });
  });

  test("counts in its metrics the tokens and FLOPs that were planned", async () => {
    const { folder, recipe, out } = project();
    const planned: ArmPlan[] = [];
    await runRecipe(recipe, { out, importer, observer: { onPlan: (arms) => void planned.push(...arms) } });
    for (const { id, tokens, flops } of planned.flatMap((arm) => arm.stages)) {
      const rows = await readRows(join(out, "stages", id, "metrics.jsonl"));
      expect(rows.at(-1)).toMatchObject({ tokens, flops });
    }
    rmSync(folder, { recursive: true });
  });

  test("compiles the grown model before the base's last step, and logs what the switch cost", async () => {
    const { folder, recipe, out } = project({ ...minimal, variants: ["interpolation"] });
    const costs: [string, SwitchSeconds][] = [];
    const observer: RunObserver = { onGrowth: ({ id }, cost) => void costs.push([id, cost]) };
    await runRecipe(recipe, { out, importer, observer });
    const [base, target, scratch, _, interpolated] = stages(out);
    // The second operator's arm begins with a base that is done: there is no last step to compile before.
    expect(costs.map(([id, { compiledAhead }]) => [id, compiledAhead])).toEqual([
      [target?.manifest.id, true],
      [interpolated?.manifest.id, false],
    ]);
    for (const [id, cost] of costs) {
      const rows = await readRows(join(out, "stages", id, "metrics.jsonl"));
      expect(rows.map((row) => row.switch)).toEqual([cost, ...rows.slice(1).map(() => undefined)]);
      for (const part of ["compile", "download", "plan", "upload"] as const)
        expect(cost[part]).toBeGreaterThanOrEqual(0);
      const { growth } = stages(out).find(({ manifest }) => manifest.id === id)?.manifest ?? {};
      expect(growth).toMatchObject({ cost, seconds: cost.compile + cost.download + cost.plan + cost.upload });
    }
    for (const stage of [base, scratch]) {
      const rows = await readRows(join(stage?.path ?? "", "metrics.jsonl"));
      expect(rows.some((row) => row.switch !== undefined)).toBe(false);
    }
    rmSync(folder, { recursive: true });
  });

  test("whose next model cannot be compiled finishes and saves the stage before it says so", async () => {
    const { folder, recipe, out } = project({ ...minimal, backend: "narrow", compare: [] });
    const plugins: PluginImporter = {
      resolve: (name) => (name.includes("narrow") ? "narrow" : importer.resolve(name)),
      import: async (address) => (address === "narrow" ? { default: narrowBackend } : importer.import(address)),
    };
    const done: string[] = [];
    const observer: RunObserver = { onStageDone: ({ stage }) => void done.push(stage.name) };
    await expect(runRecipe(recipe, { out, importer: plugins, observer })).rejects.toMatchObject({ code: "E_LIMIT" });
    expect(done).toEqual(["base"]);
    rmSync(folder, { recursive: true });
  });

  test("with other samples writes those, and trains nothing", async () => {
    const { folder, recipe, out } = project();
    await runRecipe(recipe, { out, importer });
    const before = weights(out);
    writeFileSync(recipe, stringify({ ...minimal, samples: { tokens: 2, prompts: ["The whale"], temperature: 0 } }));
    const steps: number[] = [];
    const cached: string[] = [];
    const observer: RunObserver = {
      onMetrics: (_, { step }) => void steps.push(step),
      onCached: ({ stage }) => void cached.push(stage.name),
    };
    await runRecipe(recipe, { out, importer, observer });
    expect([steps, cached]).toEqual([[], ["base"]]);
    expect(weights(out)).toEqual(before);
    const [base, ...finals] = stages(out);
    expect(base?.manifest.samples).toBeUndefined();
    for (const { manifest } of finals) expect(manifest.samples).toMatchObject([{ prompt: "The whale" }]);
    expect(await runRecipe(recipe, { out, importer })).toMatchObject({ cached: true });
    rmSync(folder, { recursive: true });
  });

  test("puts the tokenizer beside each model, and its ends of text into config.json", async () => {
    const tokenizer = golden("data/test/golden/llama-2/");
    const { folder, recipe, out } = project({ ...minimal, data: { ...minimal.data, tokenizer }, compare: [] });
    await runRecipe(recipe, { out, importer });
    for (const { path } of stages(out)) {
      for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
        expect(readFileSync(join(path, "model", name))).toEqual(readFileSync(join(tokenizer, name)));
      }
      const config = JSON.parse(readFileSync(join(path, "model", "config.json"), "utf8"));
      expect(config).toMatchObject({ bos_token_id: 1, eos_token_id: 2 });
    }
    rmSync(folder, { recursive: true });
  });

  test("begins with a checkpoint: its weights, its files, its keys in config.json", async () => {
    const from = golden("model/test/golden/odd");
    const train = { tokens: 16, batch: 2, lr: 1e-30 };
    const { growth: _, ...rest } = minimal;
    const data = { ...minimal.data, tokenizer: "./tokenizer.json" };
    const { folder, recipe, out } = project({ ...rest, data, model: { from, context: 8 }, train });
    const letters = new Set(readFileSync(join(folder, "text.txt"), "utf8"));
    const vocab = Object.fromEntries([...letters].map((letter, id) => [letter, id]));
    writeFileSync(join(folder, "tokenizer.json"), JSON.stringify({ model: { type: "BPE", vocab, merges: [] } }));
    await runRecipe(recipe, { out, importer });
    const [stage] = stages(out);
    const model = join(stage?.path ?? "", "model");
    await using source = await SafetensorsFile.open(join(from, "model.safetensors"));
    await using trained = await SafetensorsFile.open(join(model, "model.safetensors"));
    expect([...trained.tensors.keys()].sort()).toEqual([...source.tensors.keys()].sort());
    // With a learning rate of nothing it ends as it began.
    for (const name of source.tensors.keys()) {
      expect((await trained.read(name)).data, name).toEqual((await source.read(name)).data);
    }
    const config = (path: string) => JSON.parse(readFileSync(join(path, "config.json"), "utf8"));
    expect(config(model)).toEqual(config(from));
    rmSync(folder, { recursive: true });
  });

  test("stopped before training, while the text is read, it says so and goes on later", async () => {
    const { folder, recipe, out } = project();
    const controller = new AbortController();
    const observer = { onData: () => controller.abort() };
    expect(await runRecipe(recipe, { out, importer, observer, signal: controller.signal })).toMatchObject({
      state: "interrupted",
    });
    const stopped = AbortSignal.abort();
    expect(await runRecipe(recipe, { out, importer, signal: stopped })).toMatchObject({ state: "interrupted" });
    expect(await runRecipe(recipe, { out, importer })).toMatchObject({ state: "done" });
    rmSync(folder, { recursive: true });
  });

  test("goes on from the snapshot before a damaged one, to the same bits", async () => {
    const { folder, recipe, out } = project({ ...minimal, growth: [], snapshot: { everySeconds: 1e-6 } });
    await runRecipe(recipe, { out, importer });
    const [undisturbed, again] = [weights(out), join(folder, "again")];
    const controller = new AbortController();
    const stop = { onMetrics: (_: unknown, { step }: { step: number }) => void (step === 9 && controller.abort()) };
    await runRecipe(recipe, { out: again, importer, observer: stop, signal: controller.signal });
    const snapshots = join(again, "stages", stages(again)[0]?.manifest.id ?? "", "snapshot");
    const newest =
      readdirSync(snapshots)
        .filter((name) => name.endsWith(".safetensors"))
        .sort()
        .at(-1) ?? "";
    const bytes = readFileSync(join(snapshots, newest));
    writeFileSync(join(snapshots, newest), bytes.fill(7, bytes.length - 1));
    const rejected: string[] = [];
    const observer = {
      onRejectedSnapshot: (_: unknown, reasons: readonly Reason[]) => void rejected.push(...reasons.map(String)),
    };
    await runRecipe(recipe, { out: again, importer, observer });
    expect(rejected).toHaveLength(1);
    expect(weights(again)).toEqual(undisturbed);
    rmSync(folder, { recursive: true });
  });

  test("whose final model was lost or cut short makes it again, from its snapshot or anew", async () => {
    const { folder, recipe, out } = project({ ...minimal, growth: [] });
    await runRecipe(recipe, { out, importer });
    const stage = stages(out)[0]?.path ?? "";
    const [undisturbed, model] = [weights(out), join(stage, "model")];
    const harms = [
      () => rmSync(model, { recursive: true }),
      () => truncateSync(join(model, "model.safetensors"), 300),
      () => writeFileSync(join(model, "config.json"), ""),
      () => {
        rmSync(model, { recursive: true });
        rmSync(join(stage, "snapshot"), { recursive: true });
      },
    ];
    for (const harm of harms) {
      harm();
      const lost: string[] = [];
      const observer: RunObserver = { onLostModel: ({ stage: { name } }) => void lost.push(name) };
      expect(await runRecipe(recipe, { out, importer, observer })).toMatchObject({ state: "done", cached: false });
      expect([lost, weights(out)]).toEqual([["base"], undisturbed]);
      expect(await runRecipe(recipe, { out, importer })).toMatchObject({ cached: true });
    }
    rmSync(folder, { recursive: true });
  });

  test("says what to do when the stage to grow from has lost its snapshot", async () => {
    const { folder, recipe, out } = project({ ...minimal, compare: [] });
    await runRecipe(recipe, { out, importer });
    const base = stages(out)[0]?.path ?? "";
    rmSync(join(base, "snapshot"), { recursive: true });
    writeFileSync(recipe, stringify({ ...minimal, compare: [], growth: [{ ...minimal.growth[0], moments: "pad" }] }));
    await expect(runRecipe(recipe, { out, importer })).rejects.toMatchObject({ code: "E_STAGE_LOST" });
    rmSync(base, { recursive: true });
    expect(await runRecipe(recipe, { out, importer })).toMatchObject({ state: "done" });
    rmSync(folder, { recursive: true });
  });
});
