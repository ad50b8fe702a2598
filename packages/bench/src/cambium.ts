// Cambium as a contestant: the trainer of `@cambium/train` on a backend, with random weights and tokens.
import type { Backend, BackendOptions, Device } from "@cambium/backend";
import { initParameters } from "@cambium/model";
import { freshState, type Precision, Trainer } from "@cambium/train";
import { batchAt, modelOf, type StepConfig } from "./step-config.js";

export class CambiumContestant {
  readonly name: string;
  #device: Device | undefined;
  #trainer: Trainer | undefined;
  #config: StepConfig | undefined;
  #position = 0;

  constructor(
    readonly backend: Backend,
    readonly options: BackendOptions = {},
    readonly precision: Precision = "f32",
  ) {
    this.name = `cambium (${backend.name}${precision === "f32" ? "" : `, ${precision}`})`;
  }

  async device(): Promise<Device> {
    this.#device ??= await this.backend.open(this.options);
    return this.#device;
  }

  /** FLOPs of matrix work in a step. */
  get flopsPerStep(): number {
    return this.#trainer?.flopsPerStep ?? Number.NaN;
  }

  /** Bytes the IR counts for a step: parameters, gradients, moments, activations. */
  get countedBytes(): number {
    return this.#trainer?.countedBytes ?? Number.NaN;
  }

  async setup(config: StepConfig): Promise<void> {
    this.#trainer?.dispose();
    this.#config = config;
    const model = modelOf(config);
    this.#trainer = await Trainer.open({
      device: await this.device(),
      model,
      batch: config.batch,
      context: config.context,
      precision: this.precision,
    });
    await this.#trainer.load(freshState(initParameters(model, { seed: "bench", scheme: "hf" })));
    // Frees the host's copy of the initial state, which only the benchmark holds.
    globalThis.gc?.();
    await this.steps(2);
  }

  /** Runs steps as the training loop does: each is submitted before the previous one's result is awaited. */
  async steps(count: number): Promise<readonly number[]> {
    const seconds: number[] = [];
    const step = () => this.#trainer?.step([this.#batch()], 1e-4);
    let began = performance.now();
    let current = step();
    for (let i = 1; i <= count; i++) {
      const next = i < count ? step() : undefined;
      await current;
      const now = performance.now();
      seconds.push((now - began) / 1000);
      [began, current] = [now, next];
    }
    return seconds;
  }

  async close(): Promise<void> {
    this.#trainer?.dispose();
    await this.#device?.close();
  }

  #batch(): Int32Array {
    return batchAt(this.#config as StepConfig, this.#position++);
  }
}
