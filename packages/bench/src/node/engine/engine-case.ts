// A training step on an engine: the engine trains a short stage, as in a run, and its rows are the samples. Starting it
// is not measured.
import { referenceBackend } from "@cambium/backend";
import { batchAt } from "@cambium/data";
import { enginePlugin, type PreparedEngine } from "@cambium/engine";
import { CambiumError, highest } from "@cambium/ir";
import { type PluginImporter, resolvePlugin } from "@cambium/plugin";
import type { StageEngine } from "@cambium/recipe";
import { type MetricsRow, type Precision, Trainer } from "@cambium/train";
import { plain } from "../../engaged.js";
import { type Parity, parity } from "../../parity.js";
import { median } from "../../statistics.js";
import type { StepConfig } from "../../step-config.js";
import type { Case } from "../../suite.js";
import { compared, configOf, lossTolerance } from "../../suites/step.js";
import type { Finished, Ready } from "../protocol.js";
import {
  firstState,
  learningRate,
  plannedStage,
  type ShortStage,
  seed,
  trainOn,
  withRandomData,
} from "./short-stage.js";

/** First steps, which compile and allocate. */
const warmUpSteps = 2;

/** Steps measured: as many as take about these FLOPs, within bounds. */
const [fewest, most, enoughFlops] = [4, 30, 5e11];

/** Halves of the samples whose medians differ by more are not steady. */
const steadiness = 0.05;

export class EngineCase {
  #peak: number | undefined;

  private constructor(
    private readonly use: StageEngine,
    private readonly version: string,
    private readonly prepared: PreparedEngine,
    private readonly config: StepConfig,
    private readonly precision: Precision,
  ) {}

  /** @throws CambiumError as `resolvePlugin` and `Engine.prepare` */
  static async open(use: StageEngine, importer: PluginImporter, one: Case, precision: Precision): Promise<EngineCase> {
    const { plugin } = await resolvePlugin(enginePlugin, use.name, importer);
    return new EngineCase(use, plugin.version, await plugin.prepare(use.options), configOf(one), precision);
  }

  /** Trains the stage. @throws CambiumError `E_ENGINE_CANNOT` for what the engine refuses */
  async measure(): Promise<Ready> {
    const { config } = this;
    const perStep = this.#plan({ config, steps: 1 }).flops;
    const steps = warmUpSteps + Math.max(fewest, Math.min(most, Math.round(enoughFlops / perStep)));
    const rows = await this.#train({ config, steps });
    const tokens = config.batch * config.context;
    const seconds = rows.map(({ tokensPerSecond }) => tokens / tokensPerSecond);
    const [warm, first] = [seconds.slice(0, warmUpSteps), seconds.slice(warmUpSteps)];
    const half = first.length >> 1;
    const steady = Math.abs(median(first.slice(half)) / median(first.slice(0, half)) - 1) < steadiness;
    this.#peak = peakOf(rows);
    return {
      ...{ device: this.prepared.device, version: this.version, fallback: null },
      work: { flops: perStep, tokens },
      engaged: { ...plain, ...this.prepared.engaged, precision: this.#computes },
      warmup: { runs: warm.length, seconds: warm.reduce((sum, one) => sum + one, 0), steady },
      ...{ secondsPerRun: median(first), first },
    };
  }

  async finish(): Promise<Finished> {
    return { residentBytes: this.#peak ?? null, deviceBytes: null, parity: await this.#parity() };
  }

  /** An engine may have its own option of precision. */
  get #computes(): Precision {
    return this.prepared.engaged?.precision ?? this.precision;
  }

  #plan(short: Omit<ShortStage, "precision">) {
    return plannedStage(this.use, this.prepared.device, { ...short, precision: this.precision });
  }

  async #train(short: Omit<ShortStage, "precision">): Promise<MetricsRow[]> {
    const plan = this.#plan(short);
    const reasons = this.prepared.refusals(plan.stage);
    if (reasons.length > 0) throw new CambiumError("E_ENGINE_CANNOT", "the engine cannot train this case", { reasons });
    return trainOn(this.prepared, plan, short.config);
  }

  /** The losses of the first steps, on at most two such layers and short sequences, beside the reference's. */
  async #parity(): Promise<Parity> {
    const small = { ...this.config, layers: Math.min(this.config.layers, 2), context: 8 };
    // Several processes may need several sequences.
    const batch = Array.from({ length: small.batch }, (_, i) => i + 1).find((count) => {
      const { stage } = this.#plan({ config: { ...small, batch: count }, steps: compared });
      return this.prepared.refusals(stage).length === 0;
    });
    const config = { ...small, batch: batch ?? small.batch };
    const got = (await this.#train({ config, steps: compared })).map(({ loss }) => loss);
    const want = await referenceLosses(config);
    const error = highest(want.map((loss, i) => Math.abs((got[i] ?? Number.NaN) / loss - 1)));
    const against = `${compared} losses of the reference, ${config.layers} layers × ${config.hidden}`;
    return parity(error, lossTolerance[this.#computes], against);
  }
}

function peakOf(rows: readonly MetricsRow[]): number | undefined {
  const told = rows.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  return told.length === 0 ? undefined : highest(told);
}

async function referenceLosses(config: StepConfig): Promise<number[]> {
  const { batch, context } = config;
  const { stage } = plannedStage({ name: "", options: {} }, "", { config, steps: compared, precision: "f32" });
  return withRandomData(config, async (data) => {
    await using device = await referenceBackend.open();
    using trainer = await Trainer.open({ device, model: stage.model, batch, context });
    await trainer.load(firstState(stage));
    const found: number[] = [];
    for (let step = 0; step < compared; step++) {
      const rows = batchAt(data.train, { seed, tokenPosition: step * batch * context, batch, context });
      found.push((await trainer.step([rows], learningRate)).loss);
    }
    return found;
  });
}
