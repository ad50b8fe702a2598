// Kills runs with SIGKILL, continues each with the same command until it is done, and compares the bits of every
// stage's model, and every measured loss, with those of an undisturbed run.
//
//   node tools/kill-runs.mjs [RECIPE] [--runs 40] [--kills 4] [--seed 1] [--backend onnx] [--json]
//
// Without a recipe it runs a tiny one, which takes seconds and uses everything that a continued run must restore. Half
// of the kills come at a random instant, a quarter while a snapshot is being written, a quarter around the growth; the
// files left show what each kill really hit. Exits with code 1 if a run ends with other bits.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cambium, checkEnd, formatHits, hashOf, inScratch, watch, writeText } from "./killing.mjs";
import { readOptions } from "./options.mjs";
import { mulberry32 } from "./random.mjs";

const values = readOptions(import.meta.url, { runs: 40, kills: 4, seed: 1, backend: "onnx", json: false }, 1);

/** Small, with frequent snapshots, and with everything that a continued run must restore. */
const tinyRecipe = `
name: killed
data: { corpus: ./text.txt, heldOut: 0.2 }
model: { layers: 1, hidden: 16, heads: 2, intermediate: 32, context: 16 }
growth: [{ operator: stack, factor: 2, at: 6k, moments: carry }]
train: { tokens: 24k, batch: 8, lr: 1e-3, warmup: 1k, schedule: cosine, accumulation: 2 }
evaluate: { every: 2k, tokens: 512 }
snapshot: { everySeconds: 0.05 }
samples: { tokens: 8, prompts: [The] }
`;

function run(recipe, out, aim) {
  return cambium(["run", recipe, "--out", out, "--backend", values.backend, "--json"], aim);
}

/** When to kill: each aim waits for its moment, and is cancelled if the run ends first. */
function aims(out, milliseconds, next) {
  const atRandom = (signal) => sleep((0.1 + 0.9 * next()) * milliseconds, undefined, { signal });
  const inSnapshot = async (signal) => {
    // Waits for the kth write, so that the kills spread over the run.
    for (let k = Math.ceil(8 * next()); k > 0; k--) {
      await watch(signal, () => !isWriting(out), 1);
      await watch(signal, () => isWriting(out), 1);
    }
  };
  const atGrowth = async (signal) => {
    await watch(signal, () => stageFolders(out).some((name) => !/^(base|scratch)-/.test(name)), 1);
    await sleep(400 * next(), undefined, { signal });
  };
  return [atRandom, inSnapshot, atRandom, atGrowth];
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function stageFolders(out) {
  return list(join(out, "stages")).filter((name) => !name.startsWith("."));
}

/** Whether a snapshot of some stage is incomplete: a scratch file, or tensors without their manifest. */
function isWriting(out) {
  return stageFolders(out).some((stage) => {
    const names = list(join(out, "stages", stage, "snapshot"));
    const unsealed = names.some(
      (name) => name.endsWith(".safetensors") && !names.includes(name.replace(/safetensors$/, "json")),
    );
    return unsealed || names.some((name) => name.startsWith("."));
  });
}

/** What a kill hit, judged by the files it left. */
function phase(out) {
  const stages = stageFolders(out);
  if (stages.length === 0) return "before training";
  if (isWriting(out)) return "in a snapshot";
  const bare = stages.filter(
    (stage) => !list(join(out, "stages", stage, "snapshot")).some((name) => name.endsWith(".json")),
  );
  if (bare.some((stage) => !/^(base|scratch)-/.test(stage))) return "at growth";
  return bare.length > 0 ? "at a stage's start" : "in training";
}

/** The hash of every stage's weights and losses, by stage. */
function fingerprints(out) {
  return Object.fromEntries(
    stageFolders(out)
      .sort()
      .map((stage) => {
        const folder = join(out, "stages", stage);
        const hash = createHash("sha256").update(hashOf(folder, "model", "model.safetensors"));
        const rows = readFileSync(join(folder, "metrics.jsonl"), "utf8").trimEnd().split("\n");
        for (const row of rows) {
          const { step, tokens, loss, heldOutLoss, lr, gradNorm } = JSON.parse(row);
          hash.update(JSON.stringify([step, tokens, loss, heldOutLoss, lr, gradNorm]));
        }
        return [stage, hash.digest("hex")];
      }),
  );
}

function writeTinyRecipe(folder) {
  writeText(folder);
  const path = join(folder, "recipe.yaml");
  writeFileSync(path, tinyRecipe);
  return path;
}

async function main(folder) {
  const recipe = values.positionals[0] === undefined ? writeTinyRecipe(folder) : resolve(values.positionals[0]);
  const undisturbed = join(folder, "undisturbed");
  const first = await run(recipe, undisturbed);
  checkEnd(first, "the undisturbed run");
  const expected = JSON.stringify(fingerprints(undisturbed));

  const next = mulberry32(values.seed);
  const runs = values.runs;
  const began = performance.now();
  const differing = [];
  const hits = {};
  let kills = 0;
  for (let i = 0; i < runs; i++) {
    const out = join(folder, `run-${i}`);
    const aimed = aims(out, first.milliseconds, next);
    for (let kill = 0; kill < values.kills; kill++) {
      const end = await run(recipe, out, aimed[(i + kill) % aimed.length]);
      checkEnd(end, `run ${i}, after ${kill} kills,`);
      if (!end.killed) break;
      kills += 1;
      hits[phase(out)] = (hits[phase(out)] ?? 0) + 1;
    }
    checkEnd(await run(recipe, out), `run ${i}, continued to its end,`);
    if (JSON.stringify(fingerprints(out)) !== expected) differing.push(i);
    rmSync(out, { recursive: true });
    const left = Math.round(((performance.now() - began) / (i + 1)) * (runs - i - 1)) / 1000;
    const line = `${i + 1} of ${runs} runs, ${kills} kills, ${differing.length} differ, ${left.toFixed(0)} s left`;
    if (process.stderr.isTTY) process.stderr.write(`\r${line}\x1b[K`);
    else if (!values.json) console.error(line);
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const equal = runs - differing.length;
  if (values.json) console.log(JSON.stringify({ runs, kills, hits, differing }));
  else console.log(`${runs} runs, ${kills} kills (${formatHits(hits)}): ${equal} bit-equal, ${differing.length} not`);
  return differing.length === 0 ? 0 : 1;
}

await inScratch(main);
