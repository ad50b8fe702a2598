// Whether the benchmark sees a small slow-down: measures the op suite on tfjs as it is and with one kernel slower, in turns,
// and compares the two. `slowed.mjs` in the folder of the same name slows the kernel inside the real backend.
//
//   node tools/bench-power.mjs [--percent 5] [--processes 16] [--by processor|clock] [--case transpose,softmax] [--out FILE]
//
// The kernel is Transpose of tfjs's WebAssembly, which only the case transpose uses. Exits with code 1 unless that case is
// slower and no other differs. A second run with the same --out continues the first.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readOptions } from "./options.mjs";
import { quiet, run } from "./run.mjs";
import { root } from "./setup.mjs";

const flags = readOptions(import.meta.url, {
  percent: 5,
  processes: 16,
  by: "processor",
  case: undefined,
  out: undefined,
});
const cambium = join(root, "packages", "cli", "dist", "main.js");
const scratch = mkdtempSync(join(tmpdir(), "cambium-bench-power-"));
const out = flags.out ?? join(scratch, "power.json");
const pair = [0, flags.percent]
  .map((percent) => `./tools/bench-power/slowed.mjs:engine=wasm:percent=${percent}`)
  .join();
const bench = [
  "bench",
  "--suite",
  "ops",
  "--backend",
  pair,
  "--processes",
  `${flags.processes}`,
  "--out",
  out,
  "--csv",
];
if (flags.case) bench.push("--case", flags.case);
await quiet("Measuring …", process.execPath, [cambium, ...bench], { cwd: root, progress: /^(.* left)$/m });
const compare = [cambium, "bench", "compare", out, "--backend", pair, "--by", flags.by];
await run(process.execPath, compare, { cwd: root });
const { cases } = JSON.parse(await quiet("Comparing …", process.execPath, [...compare, "--json"], { cwd: root }));
const wrong = cases.filter((one) => one.verdict !== (one.case === "transpose" ? "slower" : "no difference"));
for (const one of wrong) console.error(`${one.suite} ${one.case} is not as it should be: ${one.verdict}`);
const { environment } = JSON.parse(readFileSync(out, "utf8"));
console.log(`${environment.cpu}, load ${environment.load.join(" to ")}`);
rmSync(scratch, { recursive: true });
process.exitCode = wrong.length === 0 ? 0 : 1;
