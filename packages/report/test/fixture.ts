// Synthetic run directories for tests: realistic curves, the quickstart's sizes, exact counters.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GrowthRecord, RunManifest, StageManifest } from "@cambium/run-format";
import type { MetricsRow } from "@cambium/train";

export interface FixtureOptions {
  readonly name?: string;
  /** Optimizer steps of the scratch arm. The grown arm reads as many tokens, a quarter of them in its base. */
  readonly steps?: number;
  /** Learning speed of the grown model per step; below 1 growing does not pay. */
  readonly quality?: number;
  readonly state?: RunManifest["state"];
  readonly arms?: readonly ("grown" | "scratch")[];
  readonly prompt?: string;
  readonly corpus?: string;
  readonly heldOutEvery?: number;
  readonly baseLayers?: number;
  readonly layerMap?: GrowthRecord["layerMap"];
}

export interface Fixture {
  readonly manifest: RunManifest;
  readonly stages: Readonly<Record<string, { readonly manifest: StageManifest; readonly rows: readonly MetricsRow[] }>>;
  readonly recipe: string;
}

const batch = { sequences: 16, context: 128 };
const prompts = ["It was a dark night, and the ", "The whale "];
const texts = {
  grown:
    "ship’s company had long since turned in; only the mate, leaning over the taffrail, watched the wake unroll its pale and hissing thread astern, as if it were the very spool of time.",
  scratch:
    "sea was all the sea of the sea, and the men were in the sea, and the whale was the sun of the sea and the ship that was the sea was so the stand.",
};

/** A run in memory, as `cambium run` would have left it. */
export function makeRun(options: FixtureOptions = {}): Fixture {
  const { name = "quickstart", steps = 586, quality = 1.35, state = "done", baseLayers = 2, prompt } = options;
  const layerMap = options.layerMap ?? Array.from({ length: 8 }, (_, t) => t % baseLayers);
  const baseSteps = Math.round(steps / 4);
  const shared = { every: options.heldOutEvery ?? 20 };
  const random = generator(7);
  const base = stage("base-1f3a", "base", baseLayers, baseSteps);
  const growth: GrowthRecord = {
    operator: "stack",
    operatorVersion: "0.1.0",
    from: base.id,
    layerMap,
    connectionRate:
      layerMap.filter((source, t) => source !== null && source - 1 === layerMap[t - 1]).length / (layerMap.length - 1),
    moments: "reset",
    seconds: 1.4,
    cost: { compile: 1.1, compiledAhead: true, download: 0.05, plan: 0.15, upload: 0.1 },
  };
  const target = { ...stage("target-77c0", "target", layerMap.length, steps - baseSteps), growth };
  const scratch = stage("scratch-a00b", "scratch", layerMap.length, steps);
  const sample = (text: string) => ({ samples: prompts.map((given) => ({ prompt: prompt ?? given, text })) });
  const offset = baseSteps * 0.9;
  const all = {
    [base.id]: { manifest: base, rows: rows(baseLayers, baseSteps, (step) => loss(step * 1.05, 1.62)) },
    [target.id]: {
      manifest: { ...target, ...sample(texts.grown) },
      rows: rows(
        layerMap.length,
        steps - baseSteps,
        (step) => loss(offset + step * quality, 1.3) + 1.1 * Math.exp(-step / 6),
      ),
    },
    [scratch.id]: {
      manifest: { ...scratch, ...sample(texts.scratch) },
      rows: rows(layerMap.length, steps, (step) => loss(step, 1.3)),
    },
  };
  const arms = {
    grown: { name: "grown", stages: [base.id, target.id] },
    scratch: { name: "scratch", stages: [scratch.id] },
  };
  return {
    manifest: {
      formatVersion: 2,
      name,
      cambium: "0.1.0",
      state,
      machine: { cpu: "AMD EPYC 7B13", cores: 2, memoryBytes: 16 * 2 ** 30, platform: "linux x64", node: "v20.20.2" },
      backend: { name: "onnx", version: "0.1.0", device: "onnxruntime 1.30, cpu, 2 threads" },
      data: {
        corpus: options.corpus ?? "Moby-Dick",
        tokenizer: "bytes",
        trainTokens: 1_140_000,
        heldOutTokens: 61_000,
      },
      arms: (options.arms ?? ["grown", "scratch"]).map((arm) => arms[arm]),
    },
    stages: all,
    recipe: `# quickstart: does growing pay on one book?\nname: ${name}\ndata:\n  corpus: moby-dick\n  tokenizer: bytes\nmodel:\n  hidden: 128\n  layers: 8\ngrowth:\n  operator: stack\n  factor: 4\n  moments: reset\ntraining:\n  batch: 16\n  context: 128\n  seed: 1 # one seed\n`,
  };

  function stage(id: string, stageName: string, layers: number, count: number): StageManifest {
    const nonEmbedding = layers * (4 * 128 * 128 + 3 * 128 * 336 + 2 * 128) + 128;
    const model = {
      layers,
      hidden: 128,
      heads: 4,
      kvHeads: 4,
      intermediate: 336,
      vocab: 256,
      context: batch.context,
      tied: false,
    };
    const tokens = count * batch.sequences * batch.context;
    return {
      id,
      name: stageName,
      state: "done",
      model,
      parameters: nonEmbedding + 2 * 256 * 128,
      nonEmbeddingParameters: nonEmbedding,
      tokens,
    };
  }

  function rows(layers: number, count: number, lossAt: (step: number) => number): MetricsRow[] {
    const { sequences, context } = batch;
    const weights = layers * (4 * 128 * 128 + 3 * 128 * 336) + 256 * 128;
    const perStep = 3 * sequences * (2 * context * weights + 2 * layers * 128 * context * (context + 1));
    const secondsPerStep = perStep / 260e9;
    return Array.from({ length: count }, (_, i): MetricsRow => {
      const step = i + 1;
      const held = step % shared.every === 0 || step === count;
      return {
        step,
        tokens: step * batch.sequences * batch.context,
        loss: lossAt(step) - 0.03 + 0.07 * (random() - 0.5),
        ...(held ? { heldOutLoss: lossAt(step) + 0.02 } : {}),
        lr: 1e-3 * Math.min(1, step / 50),
        gradNorm: 0.5 + 3 / Math.sqrt(step) + 0.25 * random() + (step === 40 ? 6 : 0),
        tokensPerSecond: (batch.sequences * batch.context) / (secondsPerStep * (1 + 0.1 * random())),
        flops: step * perStep,
        seconds: step * secondsPerStep,
        memoryBytes: (420 + 40 * Math.min(1, step / 80)) * 2 ** 20,
      };
    });
  }
}

/** Writes a run's directory. */
export async function writeRun(directory: string, run: Fixture): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "run.json"), JSON.stringify(run.manifest, null, 2));
  await writeFile(join(directory, "recipe.yaml"), run.recipe);
  for (const [id, { manifest, rows }] of Object.entries(run.stages)) {
    await mkdir(join(directory, "stages", id), { recursive: true });
    await writeFile(join(directory, "stages", id, "record.json"), JSON.stringify(manifest, null, 2));
    await writeFile(
      join(directory, "stages", id, "metrics.jsonl"),
      rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
    );
  }
}

function loss(step: number, floor: number): number {
  return floor + (5.6 - floor) / (1 + step / 9) ** 0.62;
}

/** Uniform random numbers in [0, 1) from a seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
