// An optimizer step compiled for a device: one graph, or an accumulating one and an updating one.
import type { Device, DeviceTensor, RunResult } from "@cambium/backend";
import { type HostTensor, hostTensor, liveness } from "@cambium/ir";
import { type LlamaConfig, parameterTable } from "@cambium/model";
import { type StepGraphOptions, accumulatedStepGraphs, matrixFlops, stateNames, trainStepGraph, trainable } from "./step-graph.js";

export interface StepResult {
  /** Mean cross entropy over the step's tokens, nats. */
  readonly loss: number;
  /** Joint L2 norm of the gradients before clipping. */
  readonly gradNorm: number;
}

/** Device tensors of the training state, by their names in the step graph. */
export type DeviceState = Readonly<Record<string, DeviceTensor>>;

export interface CompiledStep {
  /** Matrix work of one step, FLOPs (GROWTH.md 7.3). */
  readonly flops: number;
  /** Bytes the IR counts for a step: state and batch, and the most values alive at once. */
  readonly countedBytes: number;
  /** Runs one step on `batches` (i32 [batch, time + 1] each), consuming `state`. `step` is 1 at the first. */
  run(state: DeviceState, batches: readonly HostTensor[], lr: number, step: number): Promise<{ state: DeviceState; result: StepResult }>;
  dispose(): void;
}

/** Compiles the step for `accumulation` micro-batches. @throws CambiumError from the device's `compile`. */
export async function compileStep(
  device: Device,
  config: LlamaConfig,
  options: StepGraphOptions & { readonly accumulation: number },
): Promise<CompiledStep> {
  return options.accumulation === 1 ? wholeStep(device, config, options) : accumulatedStep(device, config, options);
}

async function wholeStep(device: Device, config: LlamaConfig, options: StepGraphOptions): Promise<CompiledStep> {
  const graph = trainStepGraph(config, options);
  const executable = await device.compile(graph);
  const { inputBytes, peakBytes } = liveness(graph);
  return {
    flops: matrixFlops(graph),
    countedBytes: inputBytes + peakBytes,
    run: async (state, [tokens], lr, step) => {
      const inputs = { ...state, ...scalars(lr, step), tokens: tokens as HostTensor };
      const { outputs, fetched } = await executable.run(inputs, { fetch: ["loss", "gradNorm"] });
      return { state: { ...state, ...outputs }, result: { loss: scalar(fetched, "loss"), gradNorm: scalar(fetched, "gradNorm") } };
    },
    dispose: () => executable.dispose(),
  };
}

async function accumulatedStep(
  device: Device,
  config: LlamaConfig,
  options: StepGraphOptions & { readonly accumulation: number },
): Promise<CompiledStep> {
  const graphs = accumulatedStepGraphs(config, options);
  const accumulate = await device.compile(graphs.accumulate);
  const apply = await device.compile(graphs.apply);
  const names = trainable(config, options);
  const shapes = new Map(parameterTable(config).map(({ name, shape }) => [name, shape]));
  let sums: Record<string, DeviceTensor> = {};
  for (const name of names) {
    sums[stateNames.accumulated(name)] = await device.upload(hostTensor("f32", shapes.get(name) as readonly number[]));
  }
  const parameters = (state: DeviceState) =>
    Object.fromEntries(Object.entries(state).filter(([name]) => shapes.has(name)));
  const { inputBytes, peakBytes } = liveness(graphs.accumulate);
  return {
    flops: matrixFlops(graphs.accumulate) * options.accumulation,
    countedBytes: inputBytes + peakBytes + 2 * names.reduce((sum, name) => sum + bytes(shapes.get(name) ?? []), 0),
    run: async (state, batches, lr, step) => {
      let loss = 0;
      for (const tokens of batches) {
        const { outputs, fetched } = await accumulate.run({ ...parameters(state), ...sums, tokens }, { fetch: ["loss"] });
        sums = { ...outputs };
        loss += scalar(fetched, "loss") / batches.length;
      }
      const live = trainingOnly(state, names);
      const { outputs, fetched } = await apply.run({ ...live, ...sums, ...scalars(lr, step) }, { fetch: ["gradNorm"] });
      sums = Object.fromEntries(names.map((name) => [stateNames.accumulated(name), outputs[stateNames.accumulated(name)] as DeviceTensor]));
      const next = { ...state, ...outputs };
      for (const name of Object.keys(sums)) delete next[name];
      return { state: next, result: { loss, gradNorm: scalar(fetched, "gradNorm") } };
    },
    dispose: () => {
      for (const tensor of Object.values(sums)) tensor.dispose();
      accumulate.dispose();
      apply.dispose();
    },
  };
}

/** The trainable parameters with their moments. */
function trainingOnly(state: DeviceState, names: readonly string[]): DeviceState {
  const wanted = names.flatMap((name) => [name, stateNames.m(name), stateNames.v(name)]);
  return Object.fromEntries(wanted.map((name) => [name, state[name] as DeviceTensor]));
}

function scalars(lr: number, step: number): Record<"lr" | "step", HostTensor> {
  return { lr: hostTensor("f32", [], [lr]), step: hostTensor("i32", [], [step]) };
}

function scalar(fetched: RunResult["fetched"], name: string): number {
  return fetched[name]?.data[0] as number;
}

function bytes(shape: readonly number[]): number {
  return 4 * shape.reduce((product, n) => product * n, 1);
}
