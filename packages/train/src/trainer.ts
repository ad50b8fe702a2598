// The trainer: a training state on a device, and the compiled step that updates it. Requests are carried out in order;
// each starts once the previous one has been handed to the device.
import type { DeviceTensor, ProfileEntry } from "@cambium/backend";
import { meanLoss } from "@cambium/inference";
import { CambiumError, type HostTensor, highest, hostTensor } from "@cambium/ir";
import {
  type DeviceTrainingState,
  drawnDepth,
  type ModelSpec,
  parameterTable,
  phaseParts,
  stateNames,
  type TrainingState,
  teacherName,
} from "@cambium/model";
import { type CompiledModel, compileModel, maskValuesAt, phaseAt } from "./compiled-model.js";
import type { CompiledStep, StepResult } from "./compiled-step.js";
import { type DeviceState, disposeAll, uploadAll } from "./device-state.js";
import { initialLossScale, scalingNames, scalingTensors, splitScaling } from "./loss-scale.js";
import { checkParameters, checkState, flattenState, unflattenState } from "./state.js";
import { type ResolvedTrainerOptions, type TrainerOptions, trainerOptions } from "./trainer-options.js";

export class Trainer {
  readonly #options: ResolvedTrainerOptions;
  readonly #names: readonly string[];
  #model: CompiledModel;
  #tokens: number;
  #state: DeviceState = {};
  #teacher: DeviceState | undefined;
  #updates = 0;
  /** Resolves when the last request has been handed to the device. */
  #turn: Promise<unknown> = Promise.resolve();
  /** The result of the last step requested. */
  #result: Promise<unknown> = Promise.resolve();
  /** Requests that have not been handed over yet. */
  #waiting = 0;

  private constructor(options: ResolvedTrainerOptions, model: CompiledModel) {
    this.#options = options;
    this.#model = model;
    this.#tokens = options.tokens;
    this.#names = parameterTable(options.model).map(({ name }) => name);
  }

  /**
   * Compiles the step; `load` then gives it a state.
   * @throws CambiumError `E_TRAINER`, `E_OPTIMIZER`, `E_CONTEXT`, and from the device's `compile`.
   */
  static async open(given: TrainerOptions): Promise<Trainer> {
    const options = trainerOptions(given);
    return new Trainer(options, await compileModel(options, phaseAt(options.phase, options.tokens)));
  }

  get model(): ModelSpec {
    return this.#options.model;
  }

  /** Training tokens that one step reads. */
  get tokensPerStep(): number {
    return this.#options.batch * this.#options.context * this.batchesPerStep;
  }

  /** Micro-batches, i32 [batch, context + 1] each, that one step takes. */
  get batchesPerStep(): number {
    return this.#options.accumulation;
  }

  /** Matrix work of the next step, FLOPs; activations that are recomputed count once. */
  get flopsPerStep(): number {
    return this.#step.cost.flops;
  }

  /** Matrix work that the next step does a second time to fit into `memory`, FLOPs. */
  get recomputedFlopsPerStep(): number {
    return this.#step.cost.recomputedFlops;
  }

  /** Bytes the IR counts for a step: parameters, gradients, moments, activations. */
  get countedBytes(): number {
    return highest(this.#model.steps.map(({ cost }) => cost.bytes));
  }

  /** Parameters on the device, by name; valid until the next step. Ask for them when no step is running. */
  get parameters(): Readonly<Record<string, DeviceTensor>> {
    return Object.fromEntries(this.#names.map((name) => [name, this.#state[name] as DeviceTensor]));
  }

  /**
   * Replaces the state. Moments of frozen parameters are left out.
   * @throws CambiumError `E_STATE` naming every tensor that is missing, does not fit, or is not the model's.
   */
  load(state: TrainingState): Promise<void> {
    const before = this.#result;
    return this.#inTurn(async () => {
      const { device, model, phase, precision } = this.#options;
      const frozen = new Set(phase.frozen);
      checkState(model, state, frozen);
      // A pending failure belongs to the state that is being replaced.
      await before.catch(() => {});
      this.#drop();
      const scaling = precision === "mixed" ? scalingTensors(state.lossScale ?? initialLossScale, state.updates) : {};
      const tensors = { ...flattenState(withoutMoments(state, frozen)), ...scaling };
      this.#state = await uploadAll(device, Object.entries(tensors));
      this.#updates = state.updates;
    });
  }

  /**
   * Replaces the state by one that is already on the device. The trainer then owns its tensors, and frees moments of
   * frozen parameters.
   * @throws CambiumError `E_STATE` as `load`; the caller then still owns the tensors.
   */
  adopt(state: DeviceTrainingState): Promise<void> {
    const before = this.#result;
    return this.#inTurn(async () => {
      const { device, model, phase, precision } = this.#options;
      const types = Object.fromEntries(Object.entries(state.tensors).map(([name, { type }]) => [name, type]));
      const { lossScale = initialLossScale } = state;
      checkState(model, { ...unflattenState(model, types, state.updates), lossScale }, new Set(phase.frozen));
      const scaling = precision === "mixed" ? scalingTensors(lossScale, state.updates) : {};
      const added = await uploadAll(device, Object.entries(scaling));
      await before.catch(() => {});
      this.#drop();
      const still = new Set(phase.frozen.flatMap((name) => [stateNames.m(name), stateNames.v(name)]));
      const [idle, used] = [true, false].map((frozen) =>
        Object.fromEntries(Object.entries(state.tensors).filter(([name]) => still.has(name) === frozen)),
      ) as [DeviceState, DeviceState];
      disposeAll(idle);
      this.#state = { ...used, ...added };
      this.#updates = state.updates;
    });
  }

  /**
   * Returns the state as it is on the device. The caller then owns it; the trainer has none until `load` or `adopt`.
   */
  take(): Promise<DeviceTrainingState> {
    return this.#inTurn(async () => {
      const { device } = this.#options;
      const names = new Set(Object.values(scalingNames));
      const added = Object.entries(this.#state).filter(([name]) => names.has(name));
      const held: Record<string, HostTensor> = {};
      for (const [name, tensor] of added) held[name] = await device.download(tensor);
      const { scaling } = splitScaling(held);
      const tensors = Object.fromEntries(Object.entries(this.#state).filter(([name]) => !names.has(name)));
      this.#state = Object.fromEntries(added);
      this.#drop();
      if (!scaling) return { tensors, updates: this.#updates };
      return { tensors, updates: scaling.updates, lossScale: scaling.lossScale };
    });
  }

  /**
   * Sets masks and parameter groups to their values after `tokens` training tokens since growth. Once every mask is
   * open, the masks are removed, and the plain graph is compiled and used; likewise once the whole model trains after
   * its sub-models.
   * @throws CambiumError from the device's `compile`; the trainer is then unchanged.
   */
  advance(tokens: number): Promise<void> {
    return this.#inTurn(async () => {
      const phase = phaseAt(this.#options.phase, tokens);
      if (phaseParts(phase).join() !== phaseParts(this.#model.phase).join()) {
        const next = await compileModel(this.#options, phase);
        this.#model.dispose();
        this.#model = next;
      }
      this.#tokens = tokens;
    });
  }

  /**
   * One optimizer step over `batchesPerStep` batches of token ids, row-major [batch, context + 1]. The result resolves
   * when the device has computed it. Steps may be requested ahead, so that the device does not wait for the host
   * between them. An unawaited rejection is not reported as unhandled: if the device fails, the state is gone, and
   * every later request fails until `load`.
   * @throws CambiumError `E_BATCH` if the number or the size of the batches is wrong.
   */
  step(batches: readonly Int32Array[], lr: number): Promise<StepResult> {
    const handedOver = this.#inTurn(async () => {
      if (batches.length !== this.batchesPerStep) {
        const [expected, got] = [this.batchesPerStep, batches.length].map(String) as [string, string];
        throw new CambiumError("E_BATCH", "the number of micro-batches is wrong", { expected, got });
      }
      const tokens = batches.map((batch) => this.#batch(batch));
      const read = this.#tokens + this.tokensPerStep;
      const now = { lr, tokens: read, step: this.#updates + 1, beside: { ...this.#masks(), ...this.#learned() } };
      const { state, result } = await this.#step.run(this.#state, tokens, now);
      this.#state = state;
      this.#updates += 1;
      return { result };
    });
    const result = handedOver.then((step) => step.result);
    result.catch(() => {});
    this.#result = result;
    return result;
  }

  /**
   * Mean cross entropy over `batches`, nats per token, with the current parameters and masks.
   * @throws CambiumError `E_BATCH`, and the first time from the device's `compile`.
   */
  evaluate(batches: Iterable<Int32Array>): Promise<number> {
    return this.#inTurn(() =>
      meanLoss(this.#model.loss, { ...this.parameters, ...this.#masks() }, this.#batches(batches)),
    );
  }

  /** Time by op type over all steps so far; null unless the device was opened with `profile: true`. */
  async profile(): Promise<readonly ProfileEntry[] | null> {
    const parts = await Promise.all(this.#model.steps.map((step) => step.profile()));
    return parts.some((part) => part === null) ? null : parts.flatMap((part) => part ?? []);
  }

  /** The state, copied to host memory. */
  state(): Promise<TrainingState> {
    return this.#inTurn(async () => {
      const tensors: Record<string, HostTensor> = {};
      for (const [name, tensor] of Object.entries(this.#state))
        tensors[name] = await this.#options.device.download(tensor);
      const { model, scaling } = splitScaling(tensors);
      const state = unflattenState<HostTensor>(this.model, model, scaling?.updates ?? this.#updates);
      return scaling ? { ...state, lossScale: scaling.lossScale } : state;
    });
  }

  /**
   * Sets the teacher's parameters (`TrainerOptions.distill`). Call it before the first step.
   * @throws CambiumError `E_STATE` naming every one that is missing, does not fit, or is not the teacher's.
   */
  teach(parameters: Readonly<Record<string, HostTensor>>): Promise<void> {
    return this.#inTurn(async () => {
      const { device, distill } = this.#options;
      if (!distill) return;
      checkParameters(distill.teacher, parameters);
      disposeAll(this.#teacher ?? {});
      const named = Object.entries(parameters).map(([name, tensor]) => [teacherName(name), tensor] as const);
      this.#teacher = await uploadAll(device, named);
    });
  }

  /** Frees everything, once all waiting requests have been handed over. */
  dispose(): void {
    const free = () => {
      this.#drop();
      disposeAll(this.#teacher ?? {});
      this.#model.dispose();
    };
    if (this.#waiting === 0) free();
    else this.#turn.then(free);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** A device is not re-entrant: `work` begins when the previous request has been handed over or has failed. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const turn = this.#turn.then(work).finally(() => {
      this.#waiting -= 1;
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #drop(): void {
    disposeAll(this.#state);
    this.#state = {};
  }

  #learned(): DeviceState {
    if (this.#teacher || !this.#options.distill) return this.#teacher ?? {};
    throw new CambiumError("E_TRAINER", "there is no teacher to learn from yet", { hint: "call teach() first" });
  }

  #masks(): Readonly<Record<string, HostTensor>> {
    return maskValuesAt(this.#model.phase.masks, this.#tokens);
  }

  /** The step to run next; with sub-models, that of the depth drawn. */
  get #step(): CompiledStep {
    const { steps, phase } = this.#model;
    const index = Math.round(this.#tokens / this.tokensPerStep);
    return steps[phase.submodels ? drawnDepth(phase.submodels, this.#options.seed, index) : 0] as CompiledStep;
  }

  *#batches(batches: Iterable<Int32Array>): Generator<HostTensor> {
    for (const batch of batches) yield this.#batch(batch);
  }

  #batch(batch: Int32Array): HostTensor {
    const { batch: rows, context } = this.#options;
    if (batch.length === rows * (context + 1)) return hostTensor("i32", [rows, context + 1], batch);
    throw new CambiumError("E_BATCH", "a batch has the wrong size", {
      expected: `${rows} × ${context + 1} token ids`,
      got: `${batch.length}`,
    });
  }
}

function withoutMoments(state: TrainingState, frozen: ReadonlySet<string>): TrainingState {
  const kept = (moments: TrainingState["m"]) =>
    Object.fromEntries(Object.entries(moments).filter(([name]) => !frozen.has(name)));
  return { ...state, m: kept(state.m), v: kept(state.v) };
}
