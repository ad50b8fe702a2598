// Training steps in a browser: Cambium on WebGPU next to other libraries, each in a page of one Chromium, on one adapter.
// Contestants take turns, back and forth; what counts is the ratio of neighbours, never a time alone.
import { fileURLToPath } from "node:url";
import { median, quantile, type StepConfig } from "@cambium/bench";
import { openChromium, openPage, type PageSession } from "@cambium/browser";
import type { Counts, Taken } from "./browser-page.js";

const own = "cambium (webgpu)";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Pages of the contestants. */
export const pages: Readonly<Record<string, string>> = {
  [own]: at("./browser-cambium.ts"),
  "jax-js": at("../peers/jax-js/page.ts"),
  "tfjs-webgpu": at("../peers/tfjs-webgpu/page.ts"),
};

const configs: Readonly<Record<string, StepConfig>> = {
  "2Lx64": { layers: 2, hidden: 64, intermediate: 176, heads: 2, kvHeads: 2, vocab: 256, batch: 4, time: 64 },
  "6Lx128": { layers: 6, hidden: 128, intermediate: 352, heads: 4, kvHeads: 4, vocab: 256, batch: 4, time: 128 },
};

/** What one library did on one configuration. */
export interface BrowserRow {
  readonly config: string;
  readonly contestant: string;
  readonly tokensPerSecond: number;
  /** Its step time over Cambium's: median, and the middle half of the rounds. */
  readonly ratio: number;
  readonly ratioLow: number;
  readonly ratioHigh: number;
  readonly dispatches: number;
  /** Most bytes of GPU buffers alive at once. */
  readonly peakBytes: number;
  /** Seconds from parameters on the host to the first step's loss, compiling included. */
  readonly firstStep: number;
  /** GFLOPS of a product of two 512 × 512 matrices. */
  readonly matmul: number;
}

export interface BrowserBench {
  readonly peers: readonly string[];
  /** Default: all. */
  readonly config?: readonly string[] | undefined;
  readonly rounds: number;
  /** Steps in a turn. */
  readonly steps: number;
  /** `swiftshader`, or `system` for the GPU of this machine. */
  readonly adapter: string;
  readonly onProgress: (line: string) => void;
}

interface Contestant {
  readonly name: string;
  readonly page: PageSession;
  readonly firstStep: number;
  readonly dispatches: number;
  readonly turns: number[];
}

/** @throws Error for a peer, a configuration or an adapter that there is none of */
export async function benchInBrowser(bench: BrowserBench): Promise<readonly BrowserRow[]> {
  const rows: BrowserRow[] = [];
  for (const name of bench.config ?? Object.keys(configs)) {
    const config = configs[name];
    if (!config) throw new Error(`there is no config ${name} in a browser: ${Object.keys(configs).join(", ")}`);
    rows.push(...(await compare(name, config, bench)));
  }
  return rows;
}

/** A browser of its own for each configuration: nobody finds shaders that were compiled before. */
async function compare(name: string, config: StepConfig, bench: BrowserBench): Promise<readonly BrowserRow[]> {
  const { adapter } = bench;
  if (adapter !== "swiftshader" && adapter !== "system") throw new Error("the adapter is swiftshader or system");
  const browser = await openChromium({ adapter });
  try {
    const contestants: Contestant[] = [];
    for (const contestant of [own, ...bench.peers]) {
      const entry = pages[contestant];
      if (entry === undefined) throw new Error(`there is no peer ${contestant} in a browser`);
      bench.onProgress(`${name}: ${contestant}, first step`);
      contestants.push(await enter(contestant, await openPage(browser, { entry }), config));
    }
    for (let round = 0; round < bench.rounds; round++) {
      bench.onProgress(`${name}: round ${round + 1} of ${bench.rounds}`);
      const order = round % 2 === 0 ? contestants : contestants.toReversed();
      for (const { page, turns } of order) turns.push((await page.call<Taken>("steps", bench.steps)).seconds);
    }
    const mine = contestants[0] as Contestant;
    const rows: BrowserRow[] = [];
    for (const { name: contestant, page, firstStep, dispatches, turns } of contestants) {
      bench.onProgress(`${name}: ${contestant}, products`);
      const { peakBytes } = await page.call<Counts>("counts");
      const ratios = turns.map((seconds, i) => seconds / (mine.turns[i] as number));
      rows.push({
        config: name,
        contestant,
        tokensPerSecond: (config.batch * config.time) / median(turns),
        ratio: median(ratios),
        ratioLow: quantile(ratios, 0.25),
        ratioHigh: quantile(ratios, 0.75),
        dispatches,
        peakBytes,
        firstStep,
        matmul: await page.call<number>("matmul", 512, 4),
      });
    }
    return rows;
  } finally {
    await browser.close();
  }
}

/** The first step, and one more whose dispatches are counted. */
async function enter(name: string, page: PageSession, config: StepConfig): Promise<Contestant> {
  const { seconds: firstStep } = await page.call<Taken>("setup", config);
  const before = await page.call<Counts>("counts");
  await page.call<Taken>("steps", 1);
  const after = await page.call<Counts>("counts");
  return { name, page, firstStep, dispatches: after.dispatches - before.dispatches, turns: [] };
}

export function browserTable(rows: readonly BrowserRow[]): string {
  const head =
    "| config | | tok/s | its step over Cambium's (middle half) | dispatches | GPU memory, MB | first step, s | 512³, GFLOPS |";
  const lines = rows.map((row) => {
    const ratio = `${row.ratio.toFixed(2)} (${row.ratioLow.toFixed(2)}–${row.ratioHigh.toFixed(2)})`;
    const memory = (row.peakBytes / 1e6).toFixed(1);
    return `| ${row.config} | ${row.contestant} | ${Math.round(row.tokensPerSecond)} | ${ratio} | ${row.dispatches} | ${memory} | ${row.firstStep.toFixed(2)} | ${row.matmul.toFixed(2)} |`;
  });
  return [head, "|---|---|---:|---:|---:|---:|---:|---:|", ...lines].join("\n");
}
