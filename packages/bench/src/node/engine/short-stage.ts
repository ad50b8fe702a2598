// A stage of a few steps as a benchmark's case defines it, and its training on an engine. The texts are random tokens.
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesTokenizer } from "@cambium/data";
import { type PreparedData, TokenFile, writeTokenFile } from "@cambium/data/node";
import { type PreparedEngine, stepTokens } from "@cambium/engine";
import { CambiumError } from "@cambium/ir";
import { initParameters, plainPhase, type TrainingState } from "@cambium/model";
import { costOf, type PlannedStage, type Stage, type StageEngine } from "@cambium/recipe";
import { defaultOptimizer, freshState, type MetricsRow, noProgress, type Precision } from "@cambium/train";
import { batchAt, modelOf, type StepConfig } from "../../step-config.js";

export const learningRate = 1e-3;

export const seed = 0;

/** Batches of text; the stream repeats them. */
const texts = 4;

const init = { seed: "bench", scheme: "hf" } as const;

export interface ShortStage {
  readonly config: StepConfig;
  readonly steps: number;
  readonly precision: Precision;
}

/** A stage of `steps` steps of the configuration, with a constant rate and our optimizer. */
export function plannedStage(engine: StageEngine, device: string, { config, steps, precision }: ShortStage) {
  const { batch, context } = config;
  const tokens = steps * batch * context;
  const stage: Stage = {
    ...{ name: "bench", model: modelOf(config), start: { kind: "init", ...init }, phase: plainPhase },
    ...{ until: { kind: "tokens", tokens }, data: { content: "", position: 0 }, device, engine },
    ...{ batch, accumulation: 1, context, precision, seed, optimizer: defaultOptimizer },
    schedule: { name: "constant", peak: learningRate },
    evaluation: { every: tokens, tokens: batch * context },
  };
  const flops = costOf(stage).flops(stepTokens(stage));
  return { id: "bench-000000000000", stage, tokens, flops: steps * flops, open: false } satisfies PlannedStage;
}

/** The state that it starts from. */
export function firstState({ model }: Stage): TrainingState {
  return freshState(initParameters(model, init));
}

/** The rows of the stage, trained from its first step to its last. @throws CambiumError what the engine throws */
export function trainOn(prepared: PreparedEngine, plan: PlannedStage, config: StepConfig): Promise<MetricsRow[]> {
  return withRandomData(config, async (data, folder) => {
    await mkdir(join(folder, "stage"));
    const session = await prepared.open(plan, 0, { folder: join(folder, "stage"), data, config: undefined });
    const rows: MetricsRow[] = [];
    try {
      await session.load(firstState(plan.stage));
      await session.train({
        ...{ from: noProgress, latest: plan.tokens, ends: () => false, snapshotSeconds: 86_400 },
        ...{ saveRequests: undefined, signal: undefined, next: undefined, handOver: undefined },
        onMetrics: async (row) => void rows.push(row),
        save: async () => {},
      });
    } finally {
      await session.dispose();
    }
    if (rows.length > 0) return rows;
    throw new CambiumError("E_ENGINE_RESULT", "the engine reported no step", { expected: `${plan.tokens} tokens` });
  });
}

/** Calls `use` with the configuration's token files, the same for every engine, in a folder that is then removed. */
export async function withRandomData<T>(
  config: StepConfig,
  use: (data: PreparedData, folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "cambium-bench-engine-"));
  try {
    const data = await randomData(folder, config);
    try {
      return await use(data, folder);
    } finally {
      data.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function randomData(folder: string, config: StepConfig): Promise<PreparedData> {
  const fingerprint = createHash("sha256").update("cambium bench").digest("hex");
  const side = async (name: string, batches: readonly number[]) => {
    const path = join(folder, `${name}.tokens`);
    const facts = { content: fingerprint, source: fingerprint, tokenizer: fingerprint, vocabSize: config.vocab };
    const { documents, tokens, textBytes } = await writeTokenFile(path, { title: name, ...facts }, async (writer) => {
      for (const position of batches) {
        const ids = batchAt(config, position);
        await writer.append(ids, ids.length);
      }
      await writer.endDocument();
    });
    return { file: TokenFile.open(path), stats: { documents, tokens, textBytes } };
  };
  const train = await side(
    "train",
    Array.from({ length: texts }, (_, i) => i),
  );
  const heldOut = await side("held-out", [texts]);
  return {
    ...{ train: train.file, heldOut: heldOut.file, tokenizer: bytesTokenizer() },
    stats: { content: fingerprint, cached: false, train: train.stats, heldOut: heldOut.stats },
    close: () => {
      train.file.close();
      heldOut.file.close();
    },
  };
}
