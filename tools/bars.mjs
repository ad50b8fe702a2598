// The repository's own goals of speed and memory, measured by `cambium bench`, in one report: train, tfjs, grow, webgpu,
// first-step, soak, memory, switch and generate (tools/bars/bars.mjs). About 30 minutes on two quiet cores.
//
//   node tools/bars.mjs [--only train,grow] [--folder DIR] [--out FILE.md] [--quick]
//
// Results are kept in DIR (default: runs/bars), and a second run with the same DIR measures only what is missing. The
// report goes to FILE, or to standard output. A peer that is not installed is left out, with how to install it.
// `--quick` tries the command with the smallest cases, whose verdicts say little. Exits with 1 if a
// goal is missed or could not be measured.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bars } from "./bars/bars.mjs";
import { report } from "./bars/report.mjs";
import { readOptions } from "./options.mjs";
import { run } from "./run.mjs";
import { root, setUp } from "./setup.mjs";

const flags = readOptions(import.meta.url, {
  ...{ only: undefined, out: undefined, quick: false },
  folder: join(root, "runs", "bars"),
});
const names = flags.only?.split(",") ?? bars.map(({ name }) => name);
const unknown = names.filter((name) => !bars.some((bar) => bar.name === name));
if (unknown.length > 0) {
  console.error(`There is no bar ${unknown.join(", ")}: there are ${bars.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}
await setUp();
const { peerContestant } = await import("../packages/bench/dist/node/index.js");
const { readBench } = await import("../packages/bench/dist/index.js");
mkdirSync(flags.folder, { recursive: true });
const measured = [];
for (const { name, bench, peers = [], software = false, goals } of bars.filter((bar) => names.includes(bar.name))) {
  const missing = [];
  const there = peers.filter((peer) => {
    try {
      return peerContestant(peer, root);
    } catch (error) {
      missing.push(`${peer}: ${error.details.hint}`);
      return false;
    }
  });
  const file = join(flags.folder, `${name}${flags.quick ? "-quick" : ""}.json`);
  const cambium = ["node", join(root, "packages", "cli", "dist", "main.js"), "bench", ...bench, "--out", file];
  if (there.length > 0) cambium.push("--peer", there.join());
  if (flags.quick) cambium.push("--quick");
  const onSoftware = ["--import", "tsx", join(root, "tools", "browser", "src", "software.ts"), "swiftshader"];
  console.error(`${name}:`);
  const command = software ? [...onSoftware, ...cambium] : cambium.slice(1);
  // 2: some rows do not count, which the report says too.
  const code = await run(process.execPath, command, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  if (code !== 0 && (code !== 2 || !existsSync(file))) process.exit(code);
  measured.push({ name, goals, missing, document: readBench(JSON.parse(readFileSync(file, "utf8"))), bench, there });
}
const { text, missed } = report(measured, flags.quick);
if (flags.out === undefined) console.log(text);
else writeFileSync(flags.out, `${text}\n`);
process.exitCode = missed === 0 ? 0 : 1;
