// Kills a sweep with SIGKILL at random instants, continues it with the same command until it is done, and compares its
// table, byte for byte, and its stages with those of an undisturbed sweep.
//
//   node tools/kill-sweep.mjs [--cells 24] [--kills 10] [--jobs 1] [--seed 1] [--json]
//
// Exits with code 1 if the two differ.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cambium, checkEnd, inScratch, writeText } from "./killing.mjs";
import { readOptions } from "./options.mjs";
import { mulberry32 } from "./random.mjs";

const values = readOptions(import.meta.url, { cells: 24, kills: 10, jobs: 1, seed: 1, json: false });

/** Two factors and two times for each seed, which share bases and scratch arms. */
const recipe = (seeds) => `
name: killed
data: { corpus: ./text.txt, heldOut: 0.2 }
model: { layers: 1, hidden: 16, heads: 2, intermediate: 32, context: 16 }
growth: [{ operator: stack, factor: 2, at: 512, moments: carry }]
train: { tokens: 2k, batch: 8, lr: 1e-3, warmup: 256 }
snapshot: { everySeconds: 0.02 }
samples: { tokens: 0 }
sweep: { seed: 0..${seeds - 1}, growth.0.factor: [2, 3], growth.0.at: [256, 512] }
`;

/** Time from the start of a sweep to its training, milliseconds. */
const startUp = 600;

async function main(folder) {
  const cells = values.cells;
  const path = join(folder, "recipe.yaml");
  writeFileSync(path, recipe(Math.ceil(cells / 4)));
  writeText(folder);
  const run = (out, aim) => cambium(["sweep", path, "--out", out, "--jobs", `${values.jobs}`], aim);
  const found = (out) => ({
    table: readFileSync(join(out, "table.csv"), "utf8"),
    stages: readdirSync(join(out, "stages")).sort(),
  });

  const undisturbed = join(folder, "undisturbed");
  const first = await run(undisturbed);
  checkEnd(first, "the undisturbed sweep");
  const next = mulberry32(values.seed);
  const out = join(folder, "killed");
  const between = first.milliseconds / values.kills;
  let kills = 0;
  for (let kill = 0; kill < values.kills; kill++) {
    const end = await run(out, (signal) => sleep(startUp + between * next(), undefined, { signal }));
    checkEnd(end, `the sweep, after ${kill} kills,`);
    if (end.killed) kills++;
  }
  checkEnd(await run(out), "the sweep, continued to its end,");
  const [expected, got] = [found(undisturbed), found(out)];
  const equal = JSON.stringify(expected) === JSON.stringify(got);
  const rows = got.table.trimEnd().split("\n").length - 1;
  const planned = 3 * 4 * Math.ceil(cells / 4);
  const result = { kills, rows, stages: got.stages.length, planned, equal };
  if (values.json) console.log(JSON.stringify(result));
  else
    console.log(
      `${kills} kills: the table of ${rows} rows is ${equal ? "the same, byte for byte" : "ANOTHER"}; ${got.stages.length} stages trained for ${planned} of all cells`,
    );
  return equal ? 0 : 1;
}

await inScratch(main);
