// pnpm bench train: training steps of Cambium on a backend next to peers. Contestants take turns within one run, so that
// what the machine does meanwhile happens to all; what counts is the ratio of neighbours, never a time alone.
import { parseArgs } from "node:util";
import { resolveBackend } from "@cambium/backend";
import { nodeImporter } from "@cambium/backend/node";
import { CambiumContestant } from "./cambium.js";
import { type Contestant, PeerProcess, type StepConfig } from "./peer.js";
import { median, quantile } from "./statistics.js";

const configs: Record<string, StepConfig> = {
  "6Lx128": { layers: 6, hidden: 128, intermediate: 344, heads: 4, kvHeads: 4, vocab: 256, batch: 8, time: 256 },
  "6Lx256": { layers: 6, hidden: 256, intermediate: 688, heads: 4, kvHeads: 4, vocab: 256, batch: 8, time: 256 },
  "12Lx256": { layers: 12, hidden: 256, intermediate: 688, heads: 4, kvHeads: 4, vocab: 256, batch: 8, time: 256 },
  "6Lx512": { layers: 6, hidden: 512, intermediate: 1376, heads: 8, kvHeads: 8, vocab: 4096, batch: 4, time: 256 },
};

const peers: Record<string, () => Contestant> = {
  torch: () =>
    new PeerProcess("torch eager", "python3", [new URL("../peers/torch/train.py", import.meta.url).pathname]),
  "torch-compile": () =>
    new PeerProcess("torch compile", "python3", [new URL("../peers/torch/train.py", import.meta.url).pathname], {
      compile: true,
    }),
};

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "onnx" },
    peer: { type: "string", multiple: true, default: [] },
    compile: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    config: { type: "string", multiple: true },
    adapter: { type: "string", default: "swiftshader" },
    rounds: { type: "string", default: "8" },
    steps: { type: "string", default: "4" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) {
  console.log(`pnpm bench train [--backend onnx] [--peer torch]… [--compile] [--config ${Object.keys(configs).join("|")}]… [--rounds 8] [--steps 4] [--profile] [--json]

Examples:
  pnpm bench train --peer torch
  pnpm bench train --peer torch --compile --config 6Lx256 --rounds 12
  pnpm bench train --config 6Lx128 --rounds 1 --profile     then the share of each op type in 8 further steps

With --backend webgpu and peers that run in a page (jax-js, tfjs-webgpu), all run in one Chromium: --config 2Lx64|6Lx128,
--adapter swiftshader|system.

A round is: peer, Cambium, peer. Its ratio is the peer's median step time (of both turns) over Cambium's.`);
  process.exit(0);
}

if (values.backend === "webgpu") {
  const { benchInBrowser, browserTable, pages } = await import("./browser.js");
  if (values.peer.every((name) => Object.hasOwn(pages, name))) {
    const { peer: peers, config, adapter, json } = values;
    const onProgress = (line: string) => process.stderr.write(json ? "" : `\r${line}\x1b[K`);
    const counts = { rounds: Number(values.rounds), steps: Number(values.steps) };
    const rows = await benchInBrowser({ ...counts, peers, config, adapter: adapter as "swiftshader", onProgress });
    console.log(json ? JSON.stringify(rows) : `\r\x1b[K${browserTable(rows)}`);
    process.exit(0);
  }
}

interface Row {
  readonly config: string;
  readonly peer: string;
  readonly tokensPerSecond: number;
  readonly peerTokensPerSecond: number;
  /** Peer's step time over Cambium's: median, and the middle half of the rounds. */
  readonly ratio: number;
  readonly ratioLow: number;
  readonly ratioHigh: number;
  readonly gflops: number;
  /** Share of the matrix-product peak measured in the same run. */
  readonly ofPeak: number;
}

interface OpShare {
  readonly op: string;
  readonly share: number;
}

const backend = await resolveBackend(values.backend, nodeImporter(process.cwd(), import.meta.dirname));
const names = values.compile ? [...values.peer, "torch-compile"] : values.peer;
const rows: Row[] = [];
const profiles: { readonly config: string; readonly ops: readonly OpShare[] }[] = [];
for (const name of values.config ?? Object.keys(configs)) {
  const config = configs[name];
  if (!config) throw new Error(`there is no config ${name}: ${Object.keys(configs).join(", ")}`);
  const own = new CambiumContestant(backend);
  await own.setup(config);
  for (const peerName of names.length > 0 ? names : [undefined]) rows.push(await duel(name, config, own, peerName));
  await own.close();
  if (values.profile) profiles.push({ config: name, ops: await profileOf(config) });
}
if (values.json) console.log(JSON.stringify(values.profile ? { rows, profiles } : rows));
else print(rows);
for (const { config, ops } of values.json ? [] : profiles) {
  console.log(`${config}: ${ops.map(({ op, share }) => `${op} ${(100 * share).toFixed(1)} %`).join(", ")}`);
}

/** Shares of the time that nodes take, slowest first, by a device that profiles. */
async function profileOf(config: StepConfig): Promise<OpShare[]> {
  const own = new CambiumContestant(backend, { profile: true });
  await own.setup(config);
  await own.steps(8);
  const entries = (await own.profile()) ?? [];
  await own.close();
  const total = entries.reduce((sum, { seconds }) => sum + seconds, 0);
  return entries.map(({ op, seconds }) => ({ op, share: seconds / total }));
}

async function duel(
  name: string,
  config: StepConfig,
  own: CambiumContestant,
  peerName: string | undefined,
): Promise<Row> {
  const make = peerName === undefined ? undefined : peers[peerName];
  if (peerName !== undefined && !make)
    throw new Error(`there is no peer ${peerName}: ${Object.keys(peers).join(", ")}`);
  const peer = make?.();
  await peer?.setup(config);
  const count = Number(values.steps);
  const [mine, theirs, ratios, peaks]: number[][] = [[], [], [], []];
  const rounds = Number(values.rounds);
  for (let round = 0; round < rounds; round++) {
    const before = (await peer?.steps(count)) ?? [];
    const middle = await own.steps(count);
    const after = (await peer?.steps(count)) ?? [];
    peaks?.push(await own.gemm(2048, 1024, 1024));
    mine?.push(...middle);
    theirs?.push(...before, ...after);
    if (peer) ratios?.push(median([...before, ...after]) / median(middle));
    if (!values.json)
      process.stderr.write(
        `\r${name}: round ${round + 1} of ${rounds}${ratios?.length ? `, ratio so far ${median(ratios).toFixed(2)}` : ""}\x1b[K`,
      );
  }
  if (!values.json) process.stderr.write("\r\x1b[K");
  await peer?.close();
  const tokens = config.batch * config.time;
  const seconds = median(mine ?? []);
  const gflops = own.flopsPerStep / seconds / 1e9;
  return {
    config: name,
    peer: peer?.name ?? "–",
    tokensPerSecond: tokens / seconds,
    peerTokensPerSecond: tokens / median(theirs ?? []),
    ratio: median(ratios ?? []),
    ratioLow: quantile(ratios ?? [], 0.25),
    ratioHigh: quantile(ratios ?? [], 0.75),
    gflops,
    ofPeak: gflops / median(peaks ?? []),
  };
}

function print(results: readonly Row[]): void {
  console.log("| config | peer | Cambium tok/s | peer tok/s | ratio (middle half) | GFLOPS | of GEMM peak |");
  console.log("|---|---|---:|---:|---:|---:|---:|");
  for (const row of results) {
    const ratio = Number.isNaN(row.ratio)
      ? "–"
      : `${row.ratio.toFixed(2)} (${row.ratioLow.toFixed(2)}–${row.ratioHigh.toFixed(2)})`;
    const theirs = Number.isNaN(row.peerTokensPerSecond) ? "–" : Math.round(row.peerTokensPerSecond);
    console.log(
      `| ${row.config} | ${row.peer} | ${Math.round(row.tokensPerSecond)} | ${theirs} | ${ratio} | ${row.gflops.toFixed(0)} | ${(100 * row.ofPeak).toFixed(0)} % |`,
    );
  }
}
