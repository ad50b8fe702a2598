// An optimizer step compiled for a device: one graph, or one that accumulates gradients and one that updates.
import type { Device, DeviceTensor, ProfileEntry, RunResult } from "@cambium/backend";
import { type Graph, type HostTensor, hostTensor } from "@cambium/ir";
import { type ModelSpec, parameterTable, plainPhase, stateNames } from "@cambium/model";
import { type DeviceState, disposeAll, uploadAll } from "./device-state.js";
import { type FittedStep, type FittedStepOptions, fittedStep } from "./fitted-step.js";
import { scalingNames, wasSkipped } from "./loss-scale.js";
import { rateInputs } from "./rates.js";
import { accumulatedName, type StepGraphOptions, trainable } from "./step-graph.js";

export interface StepResult {
  /** Mean cross entropy over the step's tokens, nats. */
  readonly loss: number;
  /** Joint L2 norm of the gradients before clipping; not finite for a step that was skipped. */
  readonly gradNorm: number;
  /** In mixed precision, the factor by which the loss was multiplied. */
  readonly lossScale?: number;
  /** True if gradients overflowed f16: nothing was updated, and the next step's scale is smaller. */
  readonly skipped?: boolean;
}

/** Inputs that change from step to step, besides batches and state. */
export interface StepInputs {
  /** The schedule's learning rate; parameter groups may derive their own from it. */
  readonly lr: number;
  /** Training tokens of the phase, this step's included. */
  readonly tokens: number;
  /** Number of the step, from 1. In mixed precision the state counts updates instead: steps may be skipped. */
  readonly step: number;
  /** Further inputs: the masks' values, the teacher's parameters. */
  readonly beside: Readonly<Record<string, HostTensor | DeviceTensor>>;
}

/** A step that was handed to the device. */
export interface StepOutcome {
  /** The state for the next step; available at once. */
  readonly state: DeviceState;
  /** Resolves once the device has computed the step. If it rejects, `state` is invalid. It need not be awaited. */
  readonly result: Promise<StepResult>;
}

export interface CompiledStep {
  /** Its cost, recomputed activations included. */
  readonly cost: Pick<FittedStep, "flops" | "recomputedFlops" | "bytes">;
  /**
   * Hands the device one step over `batches` (each i32 [batch, context + 1]). The tensors of `state` that the step
   * updates are consumed. If the step fails, its accumulated gradients are dropped.
   */
  run(state: DeviceState, batches: readonly HostTensor[], now: StepInputs): Promise<StepOutcome>;
  /** Time by op type over all steps so far; null unless the device profiles. */
  profile(): Promise<readonly ProfileEntry[] | null>;
  dispose(): void;
}

/**
 * Compiles the step for `accumulation` micro-batches.
 * @throws CambiumError `E_MEMORY`, and from the device's `compile`.
 */
export async function compileStep(device: Device, model: ModelSpec, options: FittedStepOptions): Promise<CompiledStep> {
  const fitted = fittedStep(model, options);
  return fitted.apply
    ? accumulatedStep(device, model, options, { ...fitted, apply: fitted.apply })
    : wholeStep(device, model, options, fitted);
}

async function wholeStep(
  device: Device,
  model: ModelSpec,
  options: StepGraphOptions,
  { first, ...cost }: FittedStep,
): Promise<CompiledStep> {
  const executable = await device.compile(first);
  const { m, v } = stateNames;
  const { scalars, results, scaling } = edges(model, options);
  const moments = trainable(model, options).flatMap((name) => [m(name), v(name)]);
  const read = [...parameterTable(model).map(({ name }) => name), ...moments, ...scaling];
  return {
    cost,
    run: async (state, [tokens], now) => {
      const inputs = { ...pick(state, read), ...scalars(now), ...now.beside, tokens: tokens as HostTensor };
      const { outputs, fetched } = await executable.run(inputs, { fetch: ["loss", ...results] });
      return { state: { ...state, ...outputs }, result: wholeResult(fetched) };
    },
    profile: () => executable.profile(),
    dispose: () => executable.dispose(),
  };
}

async function accumulatedStep(
  device: Device,
  model: ModelSpec,
  options: StepGraphOptions,
  { first, apply: update, ...cost }: FittedStep & { readonly apply: Graph },
): Promise<CompiledStep> {
  const accumulate = await device.compile(first);
  const apply = await device.compile(update).catch((error) => {
    accumulate.dispose();
    throw error;
  });
  const { m, v } = stateNames;
  const { scalars, results, scaled, scaling } = edges(model, options);
  const trained = trainable(model, options);
  const read = [...parameterTable(model).map(({ name }) => name), ...scaled];
  const updated = [...trained.flatMap((name) => [name, m(name), v(name)]), ...scaling];
  const shapes = new Map(first.inputs.map(({ name, value }) => [name, value.type.shape]));
  const sums = new Map(trained.map((name) => [accumulatedName(name), shapes.get(name) as readonly number[]]));
  // Zero between steps; absent before the first step and after a failed one.
  let idle: DeviceState | undefined;
  const drop = (sums: DeviceState) => {
    disposeAll(sums);
    if (idle === sums) idle = undefined;
  };
  return {
    cost,
    run: async (state, batches, now) => {
      let held = idle ?? (await uploadAll(device, zeros(sums)));
      idle = undefined;
      try {
        const weights = pick(state, read);
        const losses: RunResult["fetched"][] = [];
        for (const tokens of batches) {
          const inputs = { ...weights, ...held, ...now.beside, tokens };
          const { outputs, fetched } = await accumulate.run(inputs, { fetch: ["loss"] });
          held = outputs;
          losses.push(fetched);
        }
        const inputs = { ...pick(state, updated), ...held, ...scalars(now) };
        const { outputs, fetched } = await apply.run(inputs, { fetch: results });
        const zeroed = pick(outputs, [...sums.keys()]);
        idle = zeroed;
        const result = accumulatedResult(losses, fetched);
        result.catch(() => drop(zeroed));
        return { state: { ...state, ...pick(outputs, updated) }, result };
      } catch (error) {
        disposeAll(held);
        throw error;
      }
    },
    profile: async () => {
      const parts = [await accumulate.profile(), await apply.profile()];
      return parts.some((part) => part === null) ? null : parts.flatMap((part) => part ?? []);
    },
    dispose: () => {
      if (idle) disposeAll(idle);
      accumulate.dispose();
      apply.dispose();
    },
  };
}

function* zeros(shapes: ReadonlyMap<string, readonly number[]>): Iterable<readonly [string, HostTensor]> {
  for (const [name, shape] of shapes) yield [name, hostTensor("f32", shape)];
}

function pick(state: DeviceState, names: readonly string[]): DeviceState {
  return Object.fromEntries(names.map((name) => [name, state[name] as DeviceTensor]));
}

/** The inputs and outputs of a step besides the model's tensors, by precision. */
function edges(model: ModelSpec, options: StepGraphOptions) {
  const mixed = options.precision === "mixed";
  const rates = new Set(rateInputs(trainable(model, options), options.phase ?? plainPhase));
  return {
    scalars: ({ lr, step, tokens }: StepInputs): Record<string, HostTensor> => ({
      ...Object.fromEntries([...rates].map(({ name, at }) => [name, hostTensor("f32", [], [at(lr, tokens)])])),
      ...(!mixed && { step: hostTensor("i32", [], [step]) }),
    }),
    results: ["gradNorm", ...(mixed ? ["stepScale"] : [])],
    /** `scaling`: the state that loss scaling adds; `scaled`: the part of it that multiplies the loss. */
    scaling: mixed ? Object.values(scalingNames) : [],
    scaled: mixed ? [scalingNames.scale] : [],
  };
}

function wholeResult(fetched: RunResult["fetched"]): Promise<StepResult> {
  const result = fetched.then((values) => ({ loss: scalar(values, "loss"), ...updateResult(values) }));
  // An unawaited rejection is not reported as unhandled: using the state throws the same error again.
  result.catch(() => {});
  return result;
}

async function accumulatedResult(
  losses: readonly RunResult["fetched"][],
  norm: RunResult["fetched"],
): Promise<StepResult> {
  let loss = 0;
  for (const values of losses) loss += scalar(await values, "loss") / losses.length;
  return { loss, ...updateResult(await norm) };
}

function updateResult(values: Awaited<RunResult["fetched"]>): Omit<StepResult, "loss"> {
  const gradNorm = scalar(values, "gradNorm");
  if (!("stepScale" in values)) return { gradNorm };
  const lossScale = scalar(values, "stepScale");
  return { gradNorm, lossScale, skipped: wasSkipped(gradNorm, lossScale) };
}

function scalar(fetched: Awaited<RunResult["fetched"]>, name: string): number {
  return fetched[name]?.data[0] as number;
}
