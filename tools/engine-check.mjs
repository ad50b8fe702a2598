// Compares stages that the engine torch trains with those of our own trainer, kills them, and makes what they need go wrong.
// It needs torch (`cambium setup torch`, or --python), so it runs before a release and not with the tests.
//
//   node tools/engine-check.mjs [parity kills recipe titan faults] [--python PATH] [--kills 5] [--seed 1]
//
// parity: for Llama (grouped queries, tied) and Qwen3, a base trained here grows with its moments, and the target trains for
//   50 steps and more here, by one process of torch and by two, DDP and FSDP. The first loss within 1e-5 (relative) of ours,
//   every loss within 1e-3, and one process and two within 1e-4.
// kills: SIGKILL to `cambium`, and to a process of torch, at random instants; the continued run ends within 1e-6.
// recipe: one report, FLOPs and tokens continuous, and nothing to do the second time.
// titan: the checkpoint written for torchtitan, read with torch; where torchtitan is installed, by its own model and adapter too;
//   what a cluster would save, taken into the run.
// faults: no Python, an old torch, a port in use, a process that dies, a disk that fills.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { mulberry32 } from "./random.mjs";
import { root } from "./setup.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: "string" },
    kills: { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
  },
});
const wanted = positionals.length > 0 ? positionals : ["parity", "kills", "recipe", "titan", "faults"];
const scratch = mkdtempSync(join(tmpdir(), "cambium-engine-check-"));
const python = values.python === undefined ? {} : { python: values.python };
const failures = [];

function check(what, holds, figure) {
  console.log(`${holds ? "✓" : "✗"} ${what}${figure === undefined ? "" : `: ${figure}`}`);
  if (!holds) failures.push(what);
}

const recipeOf = ({ model = {}, engine, snapshot = 30, train = {} }) => ({
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

/** Runs a recipe with the command line, in a group of its own. */
function start(recipe, out, env = {}) {
  const path = join(scratch, `${Math.random().toString(36).slice(2)}.yaml`);
  writeFileSync(path, JSON.stringify(recipe));
  const main = join(root, "packages/cli/dist/main.js");
  const child = spawn(process.execPath, [main, "run", path, "--out", out, "--json"], {
    cwd: root,
    env: { ...process.env, ...env },
  });
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

async function run(recipe, out, env) {
  const end = await start(recipe, out, env).ended;
  if (end.code !== 0) throw new Error(`cambium run failed: ${end.errors}${end.output}`);
  return { ...JSON.parse(end.output), stages: stagesOf(out) };
}

/** The stages of the run's first arm: rows, record and weights. */
function stagesOf(out) {
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

function floats(path) {
  const bytes = readFileSync(path);
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + begin, bytes.byteOffset + bytes.length));
}

function furthest(a, b) {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);
}

const losses = ({ stages }) => stages[1].rows.flatMap(({ loss, heldOutLoss = [] }) => [loss, heldOutLoss].flat());

function processes() {
  return execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(scratch));
}

async function noneLeft(what) {
  for (let i = 0; i < 100 && processes().length > 0; i++) await sleep(200);
  check(`${what}: no process is left`, processes().length === 0, processes().join("; ") || undefined);
}

async function parity() {
  const families = { "Llama, grouped queries, tied": {}, Qwen3: { family: "qwen3", tied: false, headDim: 24 } };
  for (const [name, model] of Object.entries(families)) {
    const out = join(scratch, `parity-${model.family ?? "llama"}`);
    const ours = await run(recipeOf({ model }), out);
    const ways = {
      "1 process": { nproc: 1 },
      "2 processes": { nproc: 2 },
      "2 processes, FSDP": { nproc: 2, strategy: "fsdp" },
    };
    const torch = {};
    for (const [way, engine] of Object.entries(ways)) {
      const other = await run(recipeOf({ model, engine }), out);
      torch[way] = other;
      const [first, theirs] = [ours.stages[1].rows[0].loss, other.stages[1].rows[0].loss];
      const relative = Math.abs(first - theirs) / first;
      check(
        `${name}, ${way}: first loss`,
        relative < 1e-5,
        `${first} and ${theirs}, ${relative.toExponential(1)} apart`,
      );
      const most = furthest(losses(ours), losses(other));
      const count = ours.stages[1].rows.length;
      check(
        `${name}, ${way}: ${count} steps, held-out losses too`,
        most < 1e-3 && count >= 50,
        `${most.toExponential(1)} at most`,
      );
      const norms = furthest(...[ours, other].map(({ stages }) => stages[1].rows.map(({ gradNorm }) => gradNorm)));
      console.log(
        `  gradient norms ${norms.toExponential(1)} apart at most; ${tokensPerSecond(other)} tokens/s, ours ${tokensPerSecond(ours)}`,
      );
    }
    const apart = furthest(losses(torch["1 process"]), losses(torch["2 processes"]));
    check(`${name}: one process and two`, apart < 1e-4, apart.toExponential(1));
  }
}

function tokensPerSecond({ stages }) {
  const last = stages[1].rows.at(-1);
  return Math.round(last.tokens / last.seconds);
}

async function kills() {
  const recipe = recipeOf({ engine: { nproc: 2 }, snapshot: 0.3 });
  const draw = mulberry32(Number(values.seed));
  const quiet = join(scratch, "quiet");
  const began = performance.now();
  const whole = await run(recipe, quiet);
  const seconds = (performance.now() - began) / 1000;
  for (let i = 0; i < Number(values.kills); i++) {
    const out = join(scratch, `killed-${i}`);
    const { child, ended } = start(recipe, out);
    const at = (0.25 + 0.7 * draw()) * seconds;
    await sleep(at * 1000);
    // Every third kill is of a process of torch.
    const workers = processes().filter(
      (line) => line.includes("driver.py") && line.includes(out) && !line.includes("distributed.run"),
    );
    const victim = i % 3 === 2 && workers.length > 0 ? Number(workers.at(-1).trim().split(" ")[0]) : child.pid;
    try {
      process.kill(victim, "SIGKILL");
    } catch {
      // It had ended before.
    }
    await ended;
    await noneLeft(`killed ${victim === child.pid ? "cambium" : "a process of torch"} after ${at.toFixed(1)} s`);
    const before = readdirSync(join(out, "stages")).some((name) => name.startsWith("target"));
    const again = await run(recipe, out);
    const apart = furthest(again.stages[1].weights(), whole.stages[1].weights());
    const rows = furthest(losses(again), losses(whole));
    check(
      `continued${before ? " in the target" : ""}: weights and losses`,
      apart < 1e-6 && rows < 1e-6,
      `${apart} and ${rows} apart`,
    );
  }
}

async function oneReport() {
  const out = join(scratch, "recipe");
  const recipe = recipeOf({ engine: { nproc: 2 } });
  const first = await run(recipe, out);
  const [base, target] = first.stages;
  const local = await run(recipeOf({}), join(scratch, "recipe-local"));
  check(
    "FLOPs of the target are those of our own trainer",
    target.rows.at(-1).flops === local.stages[1].rows.at(-1).flops,
    target.rows.at(-1).flops,
  );
  check(
    "tokens too",
    target.rows.at(-1).tokens === local.stages[1].rows.at(-1).tokens,
    `${base.rows.at(-1).tokens} + ${target.rows.at(-1).tokens}`,
  );
  check(
    "steps without a gap",
    target.rows.every(({ step }, i) => step === i + 1),
    target.rows.length,
  );
  check("one report", readFileSync(first.report, "utf8").includes("</html>"), first.report.replace(scratch, "…"));
  const again = await run(recipe, out);
  check("run again: done", again.cached === true);
}

async function faults() {
  const fails = async (what, recipe, code, { out = join(scratch, what.replace(/\W+/g, "-")), env, meanwhile } = {}) => {
    const { ended } = start(recipe, out, env);
    await meanwhile?.(out);
    const end = await ended;
    const got = /"code":\s*"(E_\w+)"/.exec(`${end.errors}${end.output}`)?.[1] ?? /(E_[A-Z_]+)/.exec(end.errors)?.[1];
    check(
      `${what}: ${code}`,
      end.code !== 0 && got === code,
      got === code ? undefined : `${end.code} ${end.errors.slice(-400)}`,
    );
    await noneLeft(what);
    return out;
  };
  await fails("no Python", recipeOf({ engine: { python: join(scratch, "no-such-python") } }), "E_ENGINE_MISSING");
  await fails("no set-up", recipeOf({ engine: { python: undefined } }), "E_ENGINE_MISSING", {
    env: { XDG_CACHE_HOME: scratch },
  });
  const old = join(scratch, "old-python");
  const versions = JSON.stringify({
    python: "3.11.0",
    torch: "1.13.1",
    transformers: "5.0.0",
    safetensors: "0.5",
    numpy: "2",
  });
  writeFileSync(old, `#!/bin/sh\necho '${versions}'\n`);
  chmodSync(old, 0o755);
  await fails("an old torch", recipeOf({ engine: { python: old } }), "E_ENGINE_VERSION");
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  await fails("a port in use", recipeOf({ engine: { nproc: 2, port: server.address().port } }), "E_ENGINE_PORT");
  server.close();
  const dies = recipeOf({ engine: { nproc: 2 }, snapshot: 0.2 });
  const out = await fails("a process that dies", dies, "E_ENGINE_FAILED", {
    meanwhile: async (out) => {
      const saved = () => {
        const [target] = readdirSync(join(out, "stages"), { recursive: true }).filter((path) =>
          /engine\/saved\/step-\d+$/.test(path),
        );
        return target !== undefined;
      };
      for (let i = 0; i < 600; i++) {
        await sleep(100);
        try {
          if (saved()) break;
        } catch {
          // Nothing is there yet.
        }
      }
      const [worker] = processes().filter((line) => line.includes("driver.py") && !line.includes("distributed.run"));
      process.kill(Number(worker.trim().split(" ")[0]), "SIGKILL");
    },
  });
  check("… and the same command goes on to the end", (await run(dies, out)).state === "done");
  await fullDisk(fails);
}

/** A small file system of its own, where this process may mount one. */
async function fullDisk(fails) {
  const disk = join(scratch, "disk");
  mkdirSync(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], { stdio: "ignore" });
  } catch {
    console.log("– a disk that fills: not tried, as nothing may be mounted here");
    return;
  }
  try {
    const recipe = recipeOf({ engine: { nproc: 2 }, snapshot: 0.2 });
    const ballast = join(disk, "ballast");
    const fill = () => {
      try {
        for (let i = 0; i < 64; i++) writeFileSync(ballast, Buffer.alloc(512 << 10), { flag: "a" });
      } catch {
        // Full.
      }
    };
    const meanwhile = async () => {
      for (let i = 0; i < 900 && !processes().some((line) => line.includes("driver.py")); i++) await sleep(100);
      for (let i = 0; i < 300; i++) {
        await sleep(100);
        if (readdirSync(disk, { recursive: true }).some((path) => /start\/state\.json$/.test(path))) break;
      }
      fill();
    };
    const out = await fails("a disk that fills", recipe, "E_DISK_FULL", { out: join(disk, "run"), meanwhile });
    rmSync(ballast, { force: true });
    check("… and with room again it goes on to the end", (await run(recipe, out)).state === "done");
  } finally {
    execFileSync("umount", [disk]);
  }
}

/** Runs the command line to its end. @returns its exit code and what it printed */
async function launch(recipe, out, ...args) {
  const path = join(scratch, "launched.yaml");
  writeFileSync(path, JSON.stringify(recipe));
  const main = join(root, "packages/cli/dist/main.js");
  const options = ["--engine", "torchtitan", "--nproc", "2", "--out", out];
  if (values.python !== undefined) options.push("--python", values.python);
  const child = spawn(process.execPath, [main, "launch", path, ...options, ...args], { cwd: root });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    errors += text;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, output, errors };
}

async function titan() {
  const out = join(scratch, "titan");
  const recipe = recipeOf({ model: { tied: false } });
  const written = await launch(recipe, out, "--print", "slurm");
  check(
    "the stage's files and job are written",
    written.code === 0 && written.output.startsWith("#!/bin/bash"),
    written.errors.split("\n").at(-2),
  );
  const [stage] = readdirSync(join(out, "stages")).filter((name) => name.startsWith("target"));
  const folder = join(out, "stages", stage, "engine");
  const start = floats(join(folder, "start", "model.safetensors"));
  const script = join(root, "tools/titan_check.py");
  const said = execFileSync(values.python ?? "python3", [script, folder, join(root, "engines/torchtitan/python")], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const answer = JSON.parse(said.trim().split("\n").at(-1));
  check("q and k give the same attention scores under torchtitan's RoPE", answer.scores < 1e-12, answer.scores);
  check("moments stand in the order of their weights, the rest is unmoved", answer.rows);
  if (answer.torchtitan === "here") {
    check("torchtitan's own adapter makes the same tensors", answer.adapter);
    check(
      "its optimizer finds every key",
      answer.optimizerKeys.length === 0,
      answer.optimizerKeys.join(", ") || undefined,
    );
    check(
      "its model gives the logits of transformers",
      answer.logits < 1e-4,
      `${answer.logits} apart, loss ${answer.loss}`,
    );
  } else console.log(`– torchtitan is ${answer.torchtitan}`);
  const taken = await launch(recipe, out);
  check(
    "what a cluster saved is taken into the run",
    taken.code === 0,
    taken.code === 0 ? undefined : taken.errors.slice(-400),
  );
  const [, target] = stagesOf(out);
  check(
    "with a row for every step",
    target.rows.every(({ step }, i) => step === i + 1),
    target.rows.length,
  );
  const apart = furthest(
    target.weights().slice(0, start.length),
    start.map((x) => x + 1),
  );
  check("and its weights are back in our order", apart === 0, apart);
}

const cases = { parity, kills, recipe: oneReport, titan, faults };
try {
  for (const name of wanted) {
    console.log(`\n${name}`);
    await cases[name]();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(failures.length === 0 ? "\nAll of it holds." : `\n${failures.length} of it do not hold.`);
process.exitCode = failures.length === 0 ? 0 : 1;
