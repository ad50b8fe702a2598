// Shared by the checks of engines: options, a recipe, runs of the command line, processes left over, and findings.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder } from "../../packages/backend/dist/index.js";
import { readOptions } from "../options.mjs";
import { root } from "../setup.mjs";

const script = new URL("../engine-check.mjs", import.meta.url);
export const values = readOptions(script, { python: undefined, kills: 5, seed: 1 }, Number.POSITIVE_INFINITY);
export const scratch = mkdtempSync(join(tmpdir(), "cambium-engine-check-"));
const python = values.python === undefined ? {} : { python: values.python };
/** The Python that is checked: the one named, else the one that `cambium setup torch` made. */
export const pythonPath = values.python ?? join(cacheFolder(process, homedir(), "torch"), "bin", "python");
/** The checks that did not hold. */
export const failures = [];

export function check(what, holds, figure) {
  console.log(`${holds ? "✓" : "✗"} ${what}${figure === undefined ? "" : `: ${figure}`}`);
  if (!holds) failures.push(what);
}

export const recipeOf = ({ model = {}, engine, snapshot = 30, train = {} }) => ({
  name: "checked",
  data: { corpus: "moby-dick" },
  model: { layers: 2, hidden: 64, heads: 4, kvHeads: 2, intermediate: 128, context: 64, tied: true, ...model },
  growth: [{ operator: "stack", factor: 2, at: 20_480, moments: "carry", schedule: "rewarm", warmup: 4096 }],
  train: {
    ...{ tokens: 45_000, batch: 4, accumulation: 2, lr: 2e-3, warmup: 2048, schedule: "cosine" },
    ...{ lrFactors: { embedding: 0.5 }, optimizer: { undecayed: ["norm"] } },
    ...train,
    ...(engine && { engine: { name: "torch", stages: ["target"], ...python, ...engine } }),
  },
  compare: [],
  evaluate: { every: 8192, tokens: 4096 },
  snapshot: { everySeconds: snapshot },
  samples: { tokens: 0 },
});

/** Why nothing can be checked here, in one line; undefined if PyTorch is there. */
export function missingTorch() {
  const { status, error } = spawnSync(pythonPath, ["-c", "import torch, transformers"], { stdio: "ignore" });
  if (status === 0) return undefined;
  const what = error ? "There is no Python at" : "These checks need torch and transformers in";
  return `${what} ${pythonPath}: run cambium setup torch, or name another by --python PATH`;
}

/** Runs the command line in `root`. @returns the process, and a promise of its end: code, signal and what it printed */
export function cambium(args, env = {}) {
  const main = join(root, "packages/cli/dist/main.js");
  const child = spawn(process.execPath, [main, ...args], { cwd: root, env: { ...process.env, ...env } });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const ended = new Promise((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal, output, errors })),
  );
  return { child, ended };
}

/** Writes a recipe to a file of its own. @returns the file's path */
export function fileOf(recipe) {
  const path = join(scratch, `${randomUUID()}.yaml`);
  writeFileSync(path, JSON.stringify(recipe));
  return path;
}

/** Starts a run of a recipe. */
export const start = (recipe, out, env) => cambium(["run", fileOf(recipe), "--out", out, "--json"], env);

export async function run(recipe, out, env) {
  const end = await start(recipe, out, env).ended;
  if (end.code !== 0) throw new Error(`cambium run failed: ${end.errors}${end.output}`);
  return { ...JSON.parse(end.output), stages: stagesOf(out) };
}

/** The stages of the run's first arm: rows, record and weights. */
export function stagesOf(out) {
  const manifest = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
  return manifest.arms[0].stages.map((id) => {
    const folder = join(out, "stages", id);
    const rows = readFileSync(join(folder, "metrics.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((row) => JSON.parse(row));
    return { id, folder, rows, weights: () => floats(join(folder, "model", "model.safetensors")) };
  });
}

export function floats(path) {
  const bytes = readFileSync(path);
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + begin, bytes.byteOffset + bytes.length));
}

export function furthest(a, b) {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);
}

export const losses = ({ stages }) =>
  stages[1].rows.flatMap(({ loss, heldOutLoss = [] }) => [loss, heldOutLoss].flat());

export function processes() {
  return execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(scratch));
}

export async function noneLeft(what) {
  for (let i = 0; i < 100 && processes().length > 0; i++) await sleep(200);
  check(`${what}: no process is left`, processes().length === 0, processes().join("; ") || undefined);
}
