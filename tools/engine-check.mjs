// Compares stages trained by the engine torch with those of our own trainer, kills them, and breaks what they need. It
// needs torch (`cambium setup torch`, or --python), so it runs before a release and not with the tests.
//
//   node tools/engine-check.mjs [parity kills recipe titan faults] [--python PATH] [--kills 5] [--seed 1]
//
// parity: for Llama (grouped queries, tied) and Qwen3, a base trained here grows with its moments. The target trains at
//   least 50 steps here, with one process of torch, and with two (DDP and FSDP). The first loss must be within 1e-5
//   (relative) of ours, every loss within 1e-3, and one process within 1e-4 of two.
// kills: SIGKILL to `cambium`, and to a process of torch, at random instants; the continued run must end within 1e-6.
// recipe: one report, FLOPs and tokens continuous, and nothing to do the second time.
// titan: reads the checkpoint written for torchtitan with torch and, if torchtitan is installed, with its own model and
//   adapter; takes what a cluster would save into the run.
// faults: no Python, an old torch, a port in use, a process that dies, a full disk.
import { rmSync } from "node:fs";
import { faults } from "./engine-check/faults.mjs";
import { kills } from "./engine-check/kills.mjs";
import { parity } from "./engine-check/parity.mjs";
import { oneReport } from "./engine-check/recipe.mjs";
import { failures, missingTorch, scratch, values } from "./engine-check/support.mjs";
import { titan } from "./engine-check/titan.mjs";

const cases = { parity, kills, recipe: oneReport, titan, faults };
const { positionals } = values;
const wanted = positionals.length > 0 ? positionals : Object.keys(cases);
const unknown = wanted.filter((name) => !Object.hasOwn(cases, name));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(", ")}. There are ${Object.keys(cases).join(", ")}.`);
  process.exit(2);
}
try {
  const missing = missingTorch();
  if (missing) {
    console.error(missing);
    process.exitCode = 2;
  } else await all();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function all() {
  for (const name of wanted) {
    console.log(`\n${name}`);
    await cases[name]();
  }
  console.log(failures.length === 0 ? "\nAll checks hold." : `\n${failures.length} checks do not hold.`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}
