// The engine without Python: a program that speaks the driver's protocol replaces the driver. tools/engine-check.mjs
// compares what torch computes.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { batchAt } from "@cambium/data";
import { TokenFile } from "@cambium/data/node";
import type { ClusterLaunch } from "@cambium/engine";
import type { PluginImporter } from "@cambium/plugin";
import type { RecipeInput } from "@cambium/recipe";
import { runRecipe } from "@cambium/run";
import { schedule } from "@cambium/train";
import { afterEach, expect, test } from "vitest";
import { engineStage, minimal, project, importer as sources, stages } from "../../../packages/run/test/support.js";
import torch from "../src/index.js";

const python = fileURLToPath(new URL("fake-python.mjs", import.meta.url));

const importer: PluginImporter = {
  resolve: (specifier) =>
    specifier === "@cambium/engine-torch" ? new URL("..", import.meta.url).pathname : sources.resolve(specifier),
  import: (address) => (address.endsWith("torch/") ? import("../src/index.js") : sources.import(address)),
};

afterEach(() => {
  delete process.env["FAKE"];
});

function recipe(options: Record<string, string | number> = {}, given: Partial<RecipeInput> = {}): RecipeInput {
  const engine = { name: "torch", stages: ["target"], python, ...options };
  return { ...minimal, compare: [], train: { ...minimal.train, engine }, ...given } as RecipeInput;
}

async function run(given: RecipeInput, fake = "", signal?: AbortSignal) {
  process.env["FAKE"] = fake;
  const { recipe: path, out } = project(given);
  const go = () => runRecipe(path, { out, importer, ...(signal && { signal }) });
  return { out, go };
}

const rowsOf = (out: string) => {
  const path = join(stages(out).at(-1)?.path ?? "", "metrics.jsonl");
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((row) => JSON.parse(row));
};

test("rows become metrics, checkpoints become snapshots, and the second run has nothing to do", async () => {
  const { out, go } = await run(recipe());
  expect(await go()).toMatchObject({ state: "done", cached: false });
  const rows = rowsOf(out);
  expect(rows.map(({ step }) => step)).toEqual(rows.map((_, i) => i + 1));
  const perStep = rows[0].flops;
  expect(rows.map(({ flops }) => flops)).toEqual(rows.map((_, i) => perStep * (i + 1)));
  const stage = JSON.parse(readFileSync(join(stages(out).at(-1)?.path ?? "", "stage.json"), "utf8"));
  expect(stage.device).toBe("torch 9.9.9 transformers 9.9.9 cpu ddp ×1");
  // The rates are those of the schedule.
  const planned = schedule(stage.schedule);
  expect(rows.map(({ lr }) => lr)).toEqual(rows.map((_, i) => planned(i * 16, 16)));
  expect(await go()).toMatchObject({ state: "done", cached: true });
});

test.each([
  ["a loss that is not finite", "diverges", "E_DIVERGED"],
  ["a disk that is full", "full", "E_DISK_FULL"],
  ["a process that was killed", "killed", "E_ENGINE_FAILED"],
  ["a port in use", "port", "E_ENGINE_PORT"],
  ["a launcher that vanishes", "vanishes", "E_ENGINE_FAILED"],
])("%s has its own error, and the same command continues from what was saved", async (_, fake, code) => {
  const { out, go } = await run(recipe(), fake);
  await expect(go()).rejects.toMatchObject({ code });
  process.env["FAKE"] = "";
  expect(await go()).toMatchObject({ state: "done" });
  const rows = rowsOf(out);
  expect(rows.map(({ step }) => step)).toEqual(rows.map((_, i) => i + 1));
});

test("an interrupted stage saves, stops its program, and continues later", async () => {
  const controller = new AbortController();
  process.env["FAKE"] = "slow";
  const { recipe: path, out } = project(recipe());
  const observer = { onMetrics: ({ id }: { id: string }) => void (id.startsWith("target") && controller.abort()) };
  const first = await runRecipe(path, { out, importer, observer, signal: controller.signal });
  expect(first.state).toBe("interrupted");
  process.env["FAKE"] = "";
  expect(await runRecipe(path, { out, importer })).toMatchObject({ state: "done" });
  const rows = rowsOf(out);
  expect(rows.map(({ step }) => step)).toEqual(rows.map((_, i) => i + 1));
});

test.each([
  ["no Python", { python: "/nowhere/python" }, "", "E_ENGINE_MISSING", /no Python at this path/],
  ["a Python without torch", {}, "bare", "E_ENGINE_MISSING", /pip install torch/],
  ["an old torch", {}, "old", "E_ENGINE_VERSION", /1\.13\.1/],
  ["an option that it does not have", { procs: 2 }, "", "E_ENGINE_OPTIONS", /procs/],
  ["a batch that processes cannot share", { nproc: 3 }, "", "E_ENGINE_CANNOT", /a multiple of 3/],
] as const)("%s is refused before anything starts", async (_, options, fake, code, text) => {
  const { go } = await run(recipe(options), fake);
  await expect(go()).rejects.toMatchObject({ code, message: expect.stringMatching(text) });
});

test("everything that it cannot do is refused at once", async () => {
  const growth = [
    { operator: "stack", factor: 2, at: 96, submodels: { depths: [1], tokens: 64 }, distill: {} },
    { operator: "stack", factor: 2, at: { slope: { threshold: -0.01 } } },
  ];
  const { go } = await run(
    recipe({ stages: "" }, {
      growth,
      train: { ...minimal.train, precision: "f32", engine: { name: "torch", python, nproc: 3 } },
    } as never),
  );
  await expect(go()).rejects.toMatchObject({
    code: "E_ENGINE_CANNOT",
    message: expect.stringMatching(
      /stage-2.*does not support submodels.*does not support a teacher.*a growth by slope.*a multiple of 3/s,
    ),
  });
});

test.each([1, 2])(
  "a stage that a cluster of %i trained is taken into the run, and no process is started for it here",
  async (count) => {
    const { recipe: path, out } = project(recipe({ nodes: count }));
    const handed: ClusterLaunch[] = [];
    const handOver = (launch: ClusterLaunch) => handed.push(launch);
    expect(await runRecipe(path, { out, importer, handOver })).toMatchObject({ state: "interrupted" });
    const [{ command, nodes, folder } = {} as ClusterLaunch] = handed;
    expect(nodes).toBe(count);
    await expect(runRecipe(path, { out, importer })).rejects.toMatchObject({ code: "E_ENGINE_CLUSTER" });
    const [program = "", ...args] = command;
    expect(args.at(-1)).toBe(folder);
    execFileSync(program, args, { stdio: "ignore", env: { ...process.env, MASTER_ADDR: "127.0.0.1" } });
    expect(await runRecipe(path, { out, importer })).toMatchObject({ state: "done" });
    const rows = rowsOf(out);
    expect(rows.map(({ step }) => step)).toEqual(rows.map((_, i) => i + 1));
  },
);

test("a dry run shows the files of a job", () => {
  const spec = { id: "target-0", tokens: 64, flops: 0, open: false, stage: engineStage("torch", { nproc: 2 }) };
  const { parts, refusals } = torch.outline?.(spec, { folder: "/run", snapshotSeconds: 30 }) ?? {
    parts: [],
    refusals: [],
  };
  expect(refusals).toEqual([]);
  expect(parts.map(({ name }) => name)).toEqual([
    ...["/run/job.json", "/run/rates.f64", "/run/windows.i64", "/run/start/config.json"],
    ...["/run/start/model.safetensors", "/run/start/moments.safetensors", "starts"],
  ]);
  expect(JSON.parse(parts[0]?.text ?? "")).toMatchObject({ steps: 4, nproc: 2, strategy: "ddp" });
});

test("the windows of a job are those of our own batches", async () => {
  const controller = new AbortController();
  process.env["FAKE"] = "slow";
  const { recipe: path, out } = project(recipe());
  const observer = { onMetrics: ({ id }: { id: string }) => void (id.startsWith("target") && controller.abort()) };
  await runRecipe(path, { out, importer, observer, signal: controller.signal });
  const folder = stages(out).at(-1)?.path ?? "";
  const stage = JSON.parse(readFileSync(join(folder, "stage.json"), "utf8"));
  const job = JSON.parse(readFileSync(join(folder, "engine", "job.json"), "utf8"));
  const windows = new BigInt64Array(new Uint8Array(readFileSync(join(folder, "engine", "windows.i64"))).buffer);
  const tokens = TokenFile.open(job.train);
  const ours = batchAt(tokens, { seed: stage.seed, tokenPosition: stage.data.position, batch: 2, context: 8 });
  expect([0, 1].flatMap((i) => [...tokens.read(Number(windows[i]), 9)])).toEqual([...ours]);
  tokens.close();
});
