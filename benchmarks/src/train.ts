// pnpm bench train: training steps of Cambium on a backend next to peers. Contestants take turns within one run, so that
// what the machine does meanwhile happens to all; what counts is the ratio of neighbours, never a time alone.
import { execFile } from "node:child_process";
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs, promisify } from "node:util";
import { resolveBackend } from "@cambium/backend";
import { type Contestant, type Measured, printTables, type StepConfig } from "@cambium/bench";
import { measure } from "@cambium/bench/node";
import { nodeImporter } from "@cambium/plugin/node";
import { type Precision, precisions } from "@cambium/train";
import { configs } from "./configs.js";
import { peers } from "./peers.js";

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "onnx" },
    "backend-option": { type: "string", multiple: true, default: [] },
    peer: { type: "string", multiple: true, default: [] },
    compile: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    config: { type: "string", multiple: true },
    adapter: { type: "string", default: "swiftshader" },
    precision: { type: "string", default: "f32" },
    rounds: { type: "string", default: "8" },
    steps: { type: "string", default: "4" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) {
  console.log(`pnpm bench train [--backend onnx] [--backend-option key=value]… [--peer ${Object.keys(peers).join("|")}]… [--compile] [--config ${Object.keys(configs).join("|")}]… [--rounds 8] [--steps 4] [--precision ${precisions.join("|")}] [--profile] [--json]

Examples:
  pnpm bench train --peer torch --compile --profile    all there is: speed, memory, profile
  pnpm bench train --peer torch --config 6Lx256 --rounds 12
  pnpm bench train --config 6Lx128 --rounds 1 --profile
  pnpm bench train --backend tfjs --backend-option engine=node --peer tfjs-hand    with the peak of tensor bytes

A round is: peer, Cambium, peer. Its ratio is the peer's median step time (of both turns) over Cambium's. Each
configuration runs in a process of its own, whose peak memory is read before the first round. --compile is
--peer torch-compile.

With --backend webgpu and peers that run in a page (jax-js, tfjs-webgpu), all run in one Chromium: --config 2Lx64|6Lx128,
--adapter swiftshader|system. In mixed precision it runs in Node, alone or next to peers there.`);
  process.exit(0);
}

const precision = precisionCalled(values.precision);

if (values.backend === "webgpu" && precision === "f32") {
  const { benchInBrowser, browserTable, pages } = await import("./browser.js");
  if (values.peer.every((name) => Object.hasOwn(pages, name))) {
    const { peer: peers, config, adapter, json } = values;
    const onProgress = (line: string) => process.stderr.write(json ? "" : `\r${line}\x1b[K`);
    const counts = { rounds: Number(values.rounds), steps: Number(values.steps) };
    const rows = await benchInBrowser({ ...counts, peers, config, adapter, onProgress });
    console.log(json ? JSON.stringify(rows) : `\r\x1b[K${browserTable(rows)}`);
    process.exit(0);
  }
}

const backendOptions = Object.fromEntries(values["backend-option"].map((one) => one.split("=", 2) as [string, string]));
const contestants = (values.compile ? [...values.peer, "torch-compile"] : values.peer).map(
  (name): (() => Contestant) => {
    const make = peers[name] ?? refuse("peer", name, peers);
    return () => make(backendOptions);
  },
);
const wanted = (values.config ?? Object.keys(configs)).map(
  (name) => [name, configs[name] ?? refuse("config", name, configs)] as const,
);
const before = loadavg()[0] as number;
const results: Measured[] = [];
for (const [name, config] of wanted) results.push(await (wanted.length === 1 ? here(name, config) : apart(name)));
if (values.json) console.log(JSON.stringify(results));
else {
  const load = `load ${before.toFixed(1)} before, ${(loadavg()[0] as number).toFixed(1)} after`;
  console.log(`${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${load}\n`);
  printTables(results);
}

async function here(name: string, config: StepConfig): Promise<Measured> {
  // Only tfjs counts what its tensors take, and only against a peer on tfjs is that a comparison.
  const ownPeak = values.peer.includes("tfjs-hand")
    ? (await import("../peers/tfjs-hand/peak.js")).watchPeak()
    : undefined;
  const backend = await resolveBackend(values.backend, nodeImporter(process.cwd(), import.meta.dirname));
  const rounds = Number(values.rounds);
  const progress = (peer: string, round: number, ratio: number | undefined) => {
    const so = ratio === undefined ? "" : `, ${ratio.toFixed(2)} times ${peer}`;
    process.stderr.write(`\r\x1b[K${name}: round ${round} of ${rounds}${so}${round === rounds ? "\r\x1b[K" : ""}`);
  };
  const { profile, steps } = values;
  return measure(name, config, backend, contestants, {
    backendOptions,
    precision,
    ownPeak,
    rounds,
    steps: Number(steps),
    profile,
    progress,
  });
}

/** In a process of its own: this command again, for one configuration. */
async function apart(name: string): Promise<Measured> {
  const { "backend-option": options, ...given } = values;
  const args = [
    ...[
      `--config=${name}`,
      `--backend=${given.backend}`,
      `--rounds=${given.rounds}`,
      `--steps=${given.steps}`,
      `--precision=${precision}`,
      "--json",
    ],
    ...given.peer.map((peer) => `--peer=${peer}`),
    ...options.map((option) => `--backend-option=${option}`),
    ...(given.compile ? ["--compile"] : []),
    ...(given.profile ? ["--profile"] : []),
  ];
  const run = promisify(execFile)(process.execPath, [...process.execArgv, import.meta.filename, ...args]);
  run.child.stderr?.pipe(process.stderr);
  return (JSON.parse((await run).stdout) as Measured[])[0] as Measured;
}

function refuse(kind: string, name: string, known: object): never {
  throw new Error(`there is no ${kind} ${name}: ${Object.keys(known).join(", ")}`);
}

function precisionCalled(name: string): Precision {
  const precision = precisions.find((known) => known === name);
  if (precision === undefined) throw new Error(`there is no precision ${name}: ${precisions.join(", ")}`);
  return precision;
}
