// The files written for torchtitan and read back from it, without Python. tools/engine-check.mjs tests them with torch
// and torchtitan.
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClusterLaunch } from "@cambium/engine";
import { modelSpec, plainPhase, qwen3 } from "@cambium/model";
import type { PluginImporter } from "@cambium/plugin";
import type { EngineOptions, RecipeInput, Stage } from "@cambium/recipe";
import { runRecipe } from "@cambium/run";
import { expect, test } from "vitest";
import { engineStage, minimal, project, importer as sources, stages } from "../../../packages/run/test/support.js";
import titan from "../src/index.js";
import { rowsOf } from "../src/log.js";

const stageOf = (options: EngineOptions, given: Partial<Stage> = {}) =>
  engineStage("torchtitan", options, { batch: 4, ...given });

const outlineOf = (stage: Stage) =>
  titan.outline?.(
    { id: "target-0", tokens: 64, flops: 0, open: false, stage },
    { folder: "/run", snapshotSeconds: 30 },
  ) ?? { refusals: [], parts: [] };

test("a dry run shows every file, the configuration package among them", () => {
  const { refusals, parts } = outlineOf(stageOf({ nproc: 4 }));
  expect(refusals).toEqual([]);
  const job = JSON.parse(parts.find(({ name }) => name === "/run/job.json")?.text ?? "");
  expect(job).toMatchObject({ steps: 2, batch: 1, ranks: 4, parallelism: { tensor: 1, context: 1 }, bf16: true });
  expect(job.groups[0].parameters).toContain("model.embed_tokens.weight");
  for (const file of ["config_registry.py", "data.py", "names.py"])
    expect(parts.find(({ name }) => name.endsWith(file))?.text).toMatch(/^"""/);
});

test("everything that it cannot do is refused at once", () => {
  const phase = {
    ...plainPhase,
    ...{ frozen: ["model.norm.weight"], lrMultipliers: { "model.embed_tokens.weight": 0 } },
    groups: [{ parameters: ["model.layers.0.mlp.up_proj.weight"], lr: 1, warmup: 64, decay: true }],
  };
  const { refusals } = outlineOf(stageOf({ nproc: 3 }, { phase, precision: "mixed" }));
  const text = refusals.map(({ message }) => message).join("\n");
  expect(text).toMatch(
    /all parameters.*one schedule.*not accept a rate of 0.*its own option for precision.*same number of sequences/s,
  );
  const sizes = { vocab: 16, hidden: 8, intermediate: 8, layers: 1, heads: 2, headDim: 6, contextLength: 8 };
  const model = modelSpec<object, object>(qwen3, sizes);
  expect(outlineOf(stageOf({ nproc: 4 }, { model })).refusals).toMatchObject([{ got: "qwen3", expected: "llama" }]);
});

test("log lines become rows; a repeated step counts once", () => {
  const line = (step: number, loss: string) =>
    `[rank0]:[titan] 2026-01-01 - root - INFO - step: ${String(step).padStart(2)}  loss: ${loss}  grad_norm:  1.5000  ` +
    "memory:  1.00GiB(1.00%)  tps: 2,048  tflops: 1.00  mfu: 1.00%";
  const log = [line(1, " 3.00000"), "something else", line(2, " 9.00000"), line(2, " 2.50000"), line(3, "nan")].join(
    "\n",
  );
  const rows = rowsOf(log, stageOf({}), Float64Array.of(0.1, 0.2, 0.3), 2);
  expect(rows).toMatchObject([
    { step: 1, tokens: 32, loss: 3, lr: 0.1, gradNorm: 1.5, tokensPerSecond: 4096 },
    { step: 2, tokens: 64, loss: 2.5, lr: 0.2 },
    { step: 3, loss: Number.NaN },
  ]);
});

const importer: PluginImporter = {
  resolve: (specifier) => (specifier === "@cambium/engine-torchtitan" ? specifier : sources.resolve(specifier)),
  import: async (address) => (address.endsWith("torchtitan") ? { default: titan } : sources.import(address)),
};

/** Replaces Python and convert.py: both formats are the same files. */
const converter = `#!${process.execPath}
const { cpSync, readdirSync } = require("node:fs");
const [script, way, folder] = process.argv.slice(2);
if (script === "-c") console.log(JSON.stringify({ python: "3.11", torch: "2.13.0", safetensors: "0.8.0" }));
else if (way === "to") cpSync(folder + "/start", folder + "/initial", { recursive: true });
else for (const name of readdirSync(folder + "/checkpoint")) cpSync(folder + "/checkpoint/" + name, folder + "/saved/" + name, { recursive: true });
`;

test("a stage is written for a cluster, waits for it, and is taken into the run", async () => {
  const given = { ...minimal, compare: [], train: { ...minimal.train } };
  const { recipe: path, out, folder } = project(given);
  const python = join(folder, "python");
  writeFileSync(python, converter);
  chmodSync(python, 0o755);
  const engine = { name: "torchtitan", stages: ["target"], python, nproc: 2 };
  // Before the stages that come first are trained.
  writeFileSync(path, JSON.stringify({ ...given, train: { ...given.train, engine: { ...engine, python: path } } }));
  await expect(runRecipe(path, { out, importer })).rejects.toMatchObject({ code: "E_ENGINE_MISSING" });
  expect(existsSync(join(out, "stages"))).toBe(false);
  const recipe = { ...given, train: { ...given.train, engine } } as RecipeInput;
  writeFileSync(path, JSON.stringify(recipe));
  await expect(runRecipe(path, { out, importer })).rejects.toMatchObject({ code: "E_ENGINE_CLUSTER" });
  const handed: ClusterLaunch[] = [];
  await runRecipe(path, { out, importer, handOver: (launch) => handed.push(launch) });
  const stage = handed[0]?.folder ?? "";
  expect(handed[0]?.command).toContain("cambium_titan");
  expect(existsSync(join(stage, "initial", "state.json"))).toBe(true);
  // What the cluster would do.
  const job = JSON.parse(readFileSync(join(stage, "job.json"), "utf8"));
  const step = join(stage, "checkpoint", `step-${job.steps}`);
  cpSync(join(stage, "initial"), step, { recursive: true });
  const state = { step: job.steps, tokens: job.steps * 16, updates: job.steps, seconds: 1 };
  writeFileSync(join(step, "state.json"), JSON.stringify(state));
  mkdirSync(join(stage, "logs"));
  const lines = Array.from({ length: job.steps }, (_, i) => `step: ${i + 1}  loss: 2.5  grad_norm: 1.0  tps: 10  `);
  writeFileSync(join(stage, "logs", "stderr.log"), lines.join("\n"));
  expect(await runRecipe(path, { out, importer })).toMatchObject({ state: "done" });
  const target = stages(out).at(-1)?.path ?? "";
  expect(readFileSync(join(target, "metrics.jsonl"), "utf8").trim().split("\n")).toHaveLength(job.steps);
  expect(readdirSync(target)).not.toContain("engine");
});
