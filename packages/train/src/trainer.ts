// The trainer: a training state on a device, and the compiled step that updates it.
import type { Device, DeviceTensor, Executable } from "@cambium/backend";
import { CambiumError, type HostTensor, hostTensor } from "@cambium/ir";
import { type LlamaConfig, lossGraph, parameterTable } from "@cambium/model";
import { type CompiledStep, type DeviceState, type StepResult, compileStep } from "./compiled-step.js";
import { type OptimizerOptions, optimizerOptions } from "./optimizer.js";
import { type TrainingState, flattenState, unflattenState } from "./state.js";

export interface TrainerOptions {
  readonly device: Device;
  readonly config: LlamaConfig;
  /** Sequences in a micro-batch. */
  readonly batch: number;
  /** Tokens in a sequence. */
  readonly time: number;
  /** Micro-batches in an optimizer step. Default 1. */
  readonly accumulation?: number;
  readonly optimizer?: Partial<OptimizerOptions>;
  /** Names of parameters that do not train: they get no gradient and no moments. */
  readonly frozen?: ReadonlySet<string>;
  /** Learning-rate multipliers by parameter name; 1 where absent. */
  readonly lrMultipliers?: Readonly<Record<string, number>>;
}

export class Trainer {
  readonly #options: TrainerOptions;
  readonly #step: CompiledStep;
  readonly #loss: Executable;
  #state: DeviceState = {};
  #updates = 0;

  private constructor(options: TrainerOptions, step: CompiledStep, loss: Executable) {
    this.#options = options;
    this.#step = step;
    this.#loss = loss;
  }

  /** Compiles the step; `load` then gives it a state. @throws CambiumError from the device's `compile`. */
  static async open(options: TrainerOptions): Promise<Trainer> {
    const { device, config, accumulation = 1 } = options;
    const optimizer = optimizerOptions(options.optimizer);
    const step = await compileStep(device, config, { ...options, optimizer, accumulation });
    return new Trainer(options, step, await device.compile(lossGraph(config, options)));
  }

  get config(): LlamaConfig {
    return this.#options.config;
  }

  /** Training tokens that one step reads. */
  get tokensPerStep(): number {
    return this.#options.batch * this.#options.time * this.batchesPerStep;
  }

  /** Micro-batches, i32 [batch, time + 1] each, that one step takes. */
  get batchesPerStep(): number {
    return this.#options.accumulation ?? 1;
  }

  /** Matrix work of one step, FLOPs. */
  get flopsPerStep(): number {
    return this.#step.flops;
  }

  /** Bytes the IR counts for a step: parameters, gradients, moments, activations. */
  get countedBytes(): number {
    return this.#step.countedBytes;
  }

  /** Parameters on the device, by name; valid until the next step. */
  get parameters(): Readonly<Record<string, DeviceTensor>> {
    return Object.fromEntries(parameterTable(this.config).map(({ name }) => [name, this.#state[name] as DeviceTensor]));
  }

  /** Replaces the state. @throws CambiumError `E_STATE` naming every tensor that is missing or does not fit. */
  async load(state: TrainingState): Promise<void> {
    this.#check(state);
    this.#drop();
    const uploaded: Record<string, DeviceTensor> = {};
    for (const [name, tensor] of Object.entries(flattenState(state))) {
      if (!this.#isFrozenMoment(name)) uploaded[name] = await this.#options.device.upload(tensor);
    }
    this.#state = uploaded;
    this.#updates = state.updates;
  }

  /** One optimizer step over `batchesPerStep` batches of token ids, row-major [batch, time + 1]. */
  async step(batches: readonly Int32Array[], lr: number): Promise<StepResult> {
    const tokens = batches.map((batch) => this.#tokens(batch));
    const { state, result } = await this.#step.run(this.#state, tokens, lr, this.#updates + 1);
    this.#state = state;
    this.#updates += 1;
    return result;
  }

  /** Mean cross entropy over `batches`, nats per token, parameters as they are. */
  async evaluate(batches: Iterable<Int32Array>): Promise<number> {
    let sum = 0;
    let count = 0;
    for (const batch of batches) {
      const { fetched } = await this.#loss.run({ ...this.parameters, tokens: this.#tokens(batch) }, { fetch: ["loss"] });
      sum += fetched["loss"]?.data[0] as number;
      count += 1;
    }
    if (count === 0) throw new CambiumError("E_NO_BATCHES", "there is nothing to evaluate on");
    return sum / count;
  }

  /** The state, copied to host memory. */
  async state(): Promise<TrainingState> {
    const tensors: Record<string, HostTensor> = {};
    for (const [name, tensor] of Object.entries(this.#state)) tensors[name] = await this.#options.device.download(tensor);
    return unflattenState(this.config, tensors, this.#updates);
  }

  dispose(): void {
    this.#drop();
    this.#step.dispose();
    this.#loss.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #drop(): void {
    for (const tensor of Object.values(this.#state)) tensor.dispose();
    this.#state = {};
  }

  #tokens(batch: Int32Array): HostTensor {
    const { batch: rows, time } = this.#options;
    return hostTensor("i32", [rows, time + 1], batch);
  }

  #isFrozenMoment(name: string): boolean {
    const parameter = name.replace(/^[mv]:/, "");
    return parameter !== name && (this.#options.frozen?.has(parameter) ?? false);
  }

  #check(state: TrainingState): void {
    const reasons = parameterTable(this.config).flatMap(({ name, shape }) => {
      const frozen = this.#options.frozen?.has(name) ?? false;
      const held = { parameter: state.parameters[name], ...(!frozen && { m: state.m[name], v: state.v[name] }) };
      return Object.entries(held).flatMap(([part, tensor]) => {
        const got = tensor ? `${tensor.dtype}[${tensor.shape}]` : "nothing";
        const expected = `f32[${shape}]`;
        return got === expected ? [] : [{ where: `${part} of ${name}`, message: "does not fit", expected, got }];
      });
    });
    if (reasons.length > 0) throw new CambiumError("E_STATE", "the training state does not fit the model", { reasons });
  }
}
