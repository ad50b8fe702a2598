// Kills runs with SIGKILL at random instants, continues each with the same command until it is done, and compares the
// bits of every stage's model with those of a run that nobody disturbed.
//
//   node tools/kill-runs.mjs [--runs 40] [--kills 4] [--seed 1] [--backend onnx] [--json]
//
// The recipe is tiny and snapshots follow each other closely, so that kills also fall into snapshots, into growth and
// into the writing of a model. Ends with exit code 1 when a run ends in other bits.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "40" },
    kills: { type: "string", default: "4" },
    seed: { type: "string", default: "1" },
    backend: { type: "string", default: "onnx" },
    json: { type: "boolean", default: false },
  },
});
const cli = join(import.meta.dirname, "..", "packages", "cli", "dist", "main.js");
const folder = mkdtempSync(join(tmpdir(), "cambium-kill-"));
const recipe = join(folder, "recipe.yaml");

const recipeText = `
name: killed
data: { corpus: ./text.txt, heldOut: 0.2 }
model: { layers: 1, hidden: 16, heads: 2, intermediate: 32, context: 16 }
growth: [{ operator: ${JSON.stringify(join(import.meta.dirname, "..", "operators", "stack", "dist", "index.js"))}, factor: 2, at: 12k, moments: carry }]
train: { tokens: 48k, batch: 8, lr: 1e-3, warmup: 1k }
evaluate: { every: 2k, tokens: 512 }
snapshot: { everySeconds: 0.05 }
samples: { tokens: 8, prompts: [The] }
`;

/** Uniform in [0, 1), from a seed (mulberry32): a failure can be repeated. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs the recipe into `out`; kills it after `killAfter` milliseconds if it is still running. */
function run(out, killAfter) {
  return new Promise((resolve) => {
    const args = ["run", recipe, "--out", out, "--backend", values.backend, "--json"];
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: join(import.meta.dirname, ".."),
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    const began = performance.now();
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, killed: signal === "SIGKILL", errors, milliseconds: performance.now() - began });
    });
  });
}

/** The hash of every stage's weights, by stage. */
function fingerprints(out) {
  const stages = readdirSync(join(out, "stages"))
    .filter((name) => !name.startsWith("."))
    .sort();
  return Object.fromEntries(
    stages.map((stage) => {
      const weights = readFileSync(join(out, "stages", stage, "model", "model.safetensors"));
      return [stage, createHash("sha256").update(weights).digest("hex")];
    }),
  );
}

async function main() {
  const words = ["the", "whale", "sea", "ship", "white", "captain", "and", "of", "a", "storm"];
  const draw = random(7);
  const paragraphs = Array.from({ length: 40 }, () =>
    Array.from({ length: 60 }, () => words[Math.floor(draw() * words.length)]).join(" "),
  );
  writeFileSync(join(folder, "text.txt"), paragraphs.join("\n\n"));
  writeFileSync(recipe, recipeText);

  const undisturbed = join(folder, "undisturbed");
  const first = await run(undisturbed);
  if (first.code !== 0) throw new Error(`the undisturbed run failed:\n${first.errors}`);
  const expected = JSON.stringify(fingerprints(undisturbed));

  const next = random(Number(values.seed));
  const runs = Number(values.runs);
  const began = performance.now();
  const differing = [];
  let kills = 0;
  for (let i = 0; i < runs; i++) {
    const out = join(folder, `run-${i}`);
    for (let kill = 0; kill < Number(values.kills); kill++) {
      // Starting takes about a third of an undisturbed run: most kills fall after it.
      const { killed, code, errors } = await run(out, (0.1 + 0.9 * next()) * first.milliseconds);
      if (killed) kills += 1;
      else if (code === 0) break;
      else throw new Error(`run ${i} failed after kill ${kill}:\n${errors}`);
    }
    const last = await run(out);
    if (last.code !== 0) throw new Error(`run ${i} did not end:\n${last.errors}`);
    if (JSON.stringify(fingerprints(out)) !== expected) differing.push(i);
    rmSync(out, { recursive: true });
    const left = ((performance.now() - began) / (i + 1)) * (runs - i - 1);
    if (!values.json)
      process.stderr.write(
        `\r${i + 1} of ${runs} runs, ${kills} kills, ${differing.length} differ, ${Math.round(left / 1000)} s left \x1b[K`,
      );
  }
  if (!values.json) process.stderr.write("\n");
  console.log(
    values.json
      ? JSON.stringify({ runs, kills, differing })
      : `${runs} runs, ${kills} kills, ${runs - differing.length} bit-equal, ${differing.length} not`,
  );
  return differing.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
