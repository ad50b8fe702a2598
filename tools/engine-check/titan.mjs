// Reads what is written for torchtitan with torch and, if it is installed, with torchtitan itself; and takes in what a
// cluster saves.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup.mjs";
import { cambium, check, fileOf, floats, furthest, pythonPath, recipeOf, scratch, stagesOf } from "./support.mjs";

export async function titan() {
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
  const script = join(root, "tools/engine-check/titan_check.py");
  const said = execFileSync(pythonPath, [script, folder, join(root, "engines/torchtitan/python")], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const answer = JSON.parse(said.trim().split("\n").at(-1));
  check("q and k give the same attention scores under torchtitan's RoPE", answer.scores < 1e-12, answer.scores);
  check("moments are in the order of their weights, the rest is unmoved", answer.rows);
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

/** Launches the recipe on torchtitan. @returns its exit code and what it printed */
function launch(recipe, out, ...args) {
  const where = ["--python", pythonPath];
  const engine = ["--engine", "torchtitan", "--nproc", "2", ...where];
  return cambium(["launch", fileOf(recipe), ...engine, "--out", out, ...args]).ended;
}
