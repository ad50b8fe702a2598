// pnpm bench grow: growing a checkpoint on disk next to `cp -r` of the result and to mergekit. They take turns within one
// run. Each starts with what it reads in the page cache and no target there, and ends with its files on the disk.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { median } from "@cambium/bench";
import { type TensorSource, writeModelDirectory } from "@cambium/checkpoint";
import { llama, modelSpec, parameterTable, writeHfModel } from "@cambium/model";

const { values } = parseArgs({
  options: {
    peer: { type: "string", multiple: true, default: [] },
    rounds: { type: "string", default: "3" },
    layers: { type: "string", default: "6" },
    hidden: { type: "string", default: "2048" },
    folder: { type: "string", default: tmpdir() },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(`pnpm bench grow [--peer mergekit] [--rounds 3] [--layers 6] [--hidden 2048] [--folder DIR] [--json]

A base of random bf16 weights in two shards, stacked fourfold. A round is: cp -r of the result, Cambium, cp -r, peers.`);
  process.exit(0);
}

const factor = 4;
const main = new URL("../../packages/cli/dist/main.js", import.meta.url).pathname;
const scratch = mkdtempSync(join(values.folder, "cambium-bench-grow-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
process.once("SIGINT", () => process.exit(130));
const [base, grown, copy] = ["base", "grown", "copy"].map((name) => join(scratch, name)) as [string, string, string];
const layers = Number(values.layers);
await makeBase(base, layers, Number(values.hidden));

interface Taken {
  readonly seconds: number;
  readonly peakBytes: number;
}

const contestants: Record<string, () => Promise<Taken>> = {
  cambium: () => timed(base, grown, [process.execPath, main, "grow", base, grown, "--factor", `${factor}`]),
  "cp -r": () => timed(grown, copy, ["cp", "-r", grown, copy]),
};
for (const peer of values.peer) {
  if (peer !== "mergekit") throw new Error(`there is no peer ${peer}: mergekit`);
  const config = join(scratch, "mergekit.yaml");
  const slice = `  - sources: [{ model: ${base}, layer_range: [0, ${layers}] }]\n`;
  writeFileSync(config, `merge_method: passthrough\ndtype: bfloat16\nslices:\n${slice.repeat(factor)}`);
  const out = join(scratch, "mergekit");
  contestants[peer] = () => timed(base, out, ["mergekit-yaml", config, out]);
}

const times: Record<string, Taken[]> = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
const take = async (name: string) => times[name]?.push(await (contestants[name] as () => Promise<Taken>)());
await contestants["cambium"]?.(); // What cp copies.
for (let round = 0; round < Number(values.rounds); round++) {
  await take("cp -r");
  await take("cambium");
  await take("cp -r");
  for (const peer of values.peer) await take(peer);
  if (!values.json) process.stderr.write(`\rround ${round + 1} of ${values.rounds}\x1b[K`);
}
if (!values.json) process.stderr.write("\r\x1b[K");

const bytes = readdirSync(grown).reduce((sum, name) => sum + statSync(join(grown, name)).size, 0);
const own = median((times["cambium"] ?? []).map(({ seconds }) => seconds));
const rows = Object.entries(times).map(([name, taken]) => {
  const seconds = median(taken.map((one) => one.seconds));
  const peakBytes = Math.max(...taken.map((one) => one.peakBytes));
  return { name, seconds, gigabytesPerSecond: bytes / seconds / 1e9, ratio: seconds / own, peakBytes };
});
if (values.json) console.log(JSON.stringify({ bytes, rows }));
else {
  console.log(`${(bytes / 1e9).toFixed(2)} GB written, median of ${values.rounds} rounds`);
  console.log("| | s | GB/s | its time over Cambium's | peak RSS, MB |\n|---|---:|---:|---:|---:|");
  for (const { name, seconds, gigabytesPerSecond, ratio, peakBytes } of rows)
    console.log(
      `| ${name} | ${seconds.toFixed(2)} | ${gigabytesPerSecond.toFixed(2)} | ${ratio.toFixed(2)} | ${(peakBytes / 1e6).toFixed(0)} |`,
    );
}

/** Runs a command that makes `target` of `source`, flushes what it made, and samples its resident memory (Linux). */
async function timed(source: string, target: string, [command = "", ...args]: readonly string[]): Promise<Taken> {
  const weights = readdirSync(source).filter((name) => name.endsWith(".safetensors"));
  await run(
    "cat",
    weights.map((name) => join(source, name)),
  );
  rmSync(target, { recursive: true, force: true });
  const began = performance.now();
  const peakBytes = await run(command, args);
  await run(
    "sync",
    readdirSync(target).map((name) => join(target, name)),
  );
  return { seconds: (performance.now() - began) / 1000, peakBytes };
}

function run(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
    let [peak, said] = [0, ""];
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    const timer = setInterval(() => {
      peak = Math.max(peak, residentBytes(child.pid));
    }, 20);
    child.once("error", reject);
    child.once("exit", (code) => {
      clearInterval(timer);
      if (code === 0) resolve(peak);
      else reject(new Error(`${command} ended with exit code ${code}\n${said}`));
    });
  });
}

function residentBytes(pid: number | undefined): number {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Random bf16 weights of a Llama model in two shards. */
async function makeBase(path: string, count: number, hidden: number): Promise<void> {
  const model = modelSpec(llama, {
    ...{ vocab: 32_000, hidden, intermediate: 2 * hidden, layers: count },
    ...{ heads: hidden / 64, contextLength: 2048 },
  });
  const noise = randomBytes(8 << 20);
  const tensors = parameterTable(model).map(
    ({ name, shape }): TensorSource => ({
      ...{ name, shape, dtype: "BF16" },
      *chunks() {
        let left = 2 * shape.reduce((product, size) => product * size, 1);
        for (; left > 0; left -= noise.length) yield noise.subarray(0, Math.min(left, noise.length));
      },
    }),
  );
  const total = tensors.reduce((sum, { shape }) => sum + 2 * shape.reduce((product, size) => product * size, 1), 0);
  await writeModelDirectory(path, {
    configJson: writeHfModel(model, { dtype: "bf16" }),
    tensors,
    maxShardBytes: Math.ceil(total / 2) + 2 ** 27,
  });
}
