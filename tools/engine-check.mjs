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
import { rmSync } from "node:fs";
import { faults } from "./engine-check/faults.mjs";
import { kills } from "./engine-check/kills.mjs";
import { parity } from "./engine-check/parity.mjs";
import { oneReport } from "./engine-check/recipe.mjs";
import { failures, scratch, values } from "./engine-check/support.mjs";
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
  for (const name of wanted) {
    console.log(`\n${name}`);
    await cases[name]();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(failures.length === 0 ? "\nAll of it holds." : `\n${failures.length} of it do not hold.`);
process.exitCode = failures.length === 0 ? 0 : 1;
