// Kills runs with SIGKILL, continues each with the same command until it is done, and compares the bits of every
// stage's model, and every measured loss, with those of an undisturbed run.
//
//   node tools/kill-runs.mjs [RECIPE or FOLDER of recipes] [--runs 40] [--kills 4] [--scale 1] [--snapshots 0.05]
//                            [--seed 1] [--backend onnx] [--json]
//
// Without a recipe it runs a tiny one, which takes seconds and uses everything that a continued run must restore. A
// recipe is run as `cambium run --scale` would, without its scratch arm, with a snapshot every so many seconds. The
// kills of a run are spread over the base's training, each growth, and the training after it, one for each at least, at
// a random instant of it; half of those in training wait for a snapshot and come while it is written. The files left
// show what a kill hit: one that came too late is tried again, so that all are met. Prints a table. Exits with code 1 if
// a run ends with other bits, or if a kill never met it.
//
// All methods: node tools/kill-runs.mjs recipes/methods --runs 1 --scale 0.1
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { readRecipe } from "../packages/recipe/dist/index.js";
import { hitOf, momentsOf, phases, reach, stageFolders, stagesOf } from "./kill-moments.mjs";
import { cambium, checkEnd, hashOf, inScratch, writeText } from "./killing.mjs";
import { readOptions } from "./options.mjs";
import { mulberry32 } from "./random.mjs";

const values = readOptions(
  import.meta.url,
  { runs: 40, kills: 4, scale: 1, snapshots: 0.05, seed: 1, backend: "onnx", json: false },
  1,
);

/** How often a kill that came too late is tried again. */
const tries = 8;

/** Small, and with everything that a continued run must restore. */
const tinyRecipe = `
name: killed
data: { corpus: ./text.txt, heldOut: 0.2 }
model: { layers: 1, hidden: 16, heads: 2, intermediate: 32, context: 16 }
growth: [{ operator: stack, factor: 2, at: 6k, moments: carry }]
train: { tokens: 24k, batch: 8, lr: 1e-3, warmup: 1k, schedule: cosine, accumulation: 2 }
evaluate: { every: 2k, tokens: 512 }
samples: { tokens: 8, prompts: [The] }
`;

/** The hash of every stage's weights and losses, by stage. */
function fingerprints(out) {
  const hashes = stageFolders(out)
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
    });
  return JSON.stringify(hashes);
}

/** The kills of run `i`, in the order in which a run meets them. */
function killsOf(moments, i, next) {
  const kills = Math.max(values.kills, moments.length);
  const picked = Array.from(
    { length: kills },
    (_, k) => (i + Math.floor((k * moments.length) / kills)) % moments.length,
  );
  return picked
    .map((at) => ({ at, share: next() }))
    .sort((a, b) => a.at - b.at || a.share - b.share)
    .map(({ at, share }) => ({ ...moments[at], share, saving: moments[at].phase !== "growth" && next() < 0.5 }));
}

/** Kills runs of one recipe. @param note called with what was done so far */
async function killRecipe(path, folder, next, note) {
  const run = (out, aim) => {
    const scale = values.scale === 1 ? [] : ["--scale", `${values.scale}`];
    return cambium(["run", path, "--out", out, "--backend", values.backend, ...scale, "--json"], aim);
  };
  const undisturbed = join(folder, "undisturbed");
  checkEnd(await run(undisturbed), "the undisturbed run");
  const [expected, stages] = [fingerprints(undisturbed), stagesOf(undisturbed)];
  const found = { runs: 0, kills: 0, hits: {}, inSnapshots: 0, differing: [], missed: [] };
  const out = join(folder, "killed");
  const finish = async () => {
    checkEnd(await run(out), `run ${found.runs}, continued to its end,`);
    if (fingerprints(out) !== expected) found.differing.push(found.runs);
    rmSync(out, { recursive: true });
    found.runs++;
  };

  for (let i = 0; i < values.runs; i++) {
    for (const kill of killsOf(momentsOf(stages), i, next)) {
      let isMet = false;
      for (let attempt = 0; attempt < tries && !isMet; attempt++) {
        // A snapshot may never come: a later try does not wait for one.
        const aim = attempt === 0 ? kill : { ...kill, share: next(), saving: false };
        const end = await run(out, (signal) => reach(out, aim, signal));
        checkEnd(end, `run ${found.runs}, after ${found.kills} kills,`);
        if (end.killed) {
          const { phase, saving } = hitOf(out, stages);
          found.kills++;
          found.hits[phase] = (found.hits[phase] ?? 0) + 1;
          if (saving) found.inSnapshots++;
          isMet = phase === kill.phase;
        }
        // What came too late cannot come in this run.
        if (!isMet) await finish();
        note(found);
      }
      if (!isMet) found.missed.push(`${kill.phase} of ${kill.stage.name}`);
    }
    if (stageFolders(out).length > 0) await finish();
    note(found);
  }
  rmSync(undisturbed, { recursive: true });
  return found;
}

/** The recipe at `path` with more snapshots and no scratch arm, in `folder`, where paths that begin with ./ lead to the same files. */
function copyOf(path, folder) {
  const { value } = readRecipe(readFileSync(path, "utf8"), path);
  for (const name of readdirSync(dirname(path))) symlinkSync(join(dirname(path), name), join(folder, name));
  const copy = join(folder, "killed-recipe.yaml");
  writeFileSync(copy, JSON.stringify({ ...value, compare: [], snapshot: { everySeconds: values.snapshots } }));
  return copy;
}

function recipesIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => name.endsWith(".yaml"));
  return names.map((name) => join(path, name));
}

function writeTinyRecipe(folder) {
  writeText(folder);
  const path = join(folder, "killed.yaml");
  writeFileSync(path, tinyRecipe);
  return path;
}

const columns = ["recipe", "runs", "kills", ...phases, "in a snapshot", "same bits"];

function line(cells, width) {
  return cells.map((cell, i) => (i === 0 ? `${cell}`.padEnd(width) : `${cell}`.padStart(columns[i].length))).join("  ");
}

function row({ recipe, runs, kills, hits, inSnapshots, differing, missed }) {
  const verdict = differing.length > 0 ? "NO" : missed.length > 0 ? "not met" : "yes";
  return [recipe, runs, kills, ...phases.map((phase) => hits[phase] ?? 0), inSnapshots, verdict];
}

async function main(folder) {
  const asked = values.positionals[0];
  mkdirSync(join(folder, "tiny"));
  const paths = asked === undefined ? [writeTinyRecipe(join(folder, "tiny"))] : recipesIn(resolve(asked));
  const next = mulberry32(values.seed);
  const width = Math.max(...[...paths, "recipe"].map((path) => basename(path, ".yaml").length));
  const show = (text) => process.stderr.isTTY && process.stderr.write(`\r${text}\x1b[K`);
  const results = [];
  if (!values.json) console.log(line(columns, width));
  for (const [i, path] of paths.entries()) {
    const recipe = basename(path, ".yaml");
    const own = join(folder, `${i}`);
    mkdirSync(own);
    const note = ({ runs, kills }) =>
      show(`${recipe} (${i + 1} of ${paths.length}): ${runs} of ${values.runs} runs, ${kills} kills`);
    const result = { recipe, ...(await killRecipe(copyOf(path, own), own, next, note)) };
    results.push(result);
    show("");
    if (!values.json) console.log(line(row(result), width));
    for (const missed of result.missed) console.error(`${recipe}: no kill met the ${missed} in ${tries} tries.`);
    rmSync(own, { recursive: true });
  }
  if (values.json) console.log(JSON.stringify(results));
  return results.every(({ differing, missed }) => differing.length + missed.length === 0) ? 0 : 1;
}

await inScratch(main);
