// An optimizer step compiled for a device: one graph, or an accumulating one and an updating one.
import type { Device, DeviceTensor, RunResult } from "@cambium/backend";
import { type Graph, type HostTensor, byteLength, f32, hostTensor, liveness } from "@cambium/ir";
import { type LlamaConfig, parameterTable } from "@cambium/model";
import { type DeviceState, disposeAll, uploadAll } from "./device-state.js";
import { type StepGraphOptions, accumulatedStepGraphs, matrixFlops, stateNames, trainStepGraph } from "./step-graph.js";

export interface StepResult {
  /** Mean cross entropy over the step's tokens, nats. */
  readonly loss: number;
  /** Joint L2 norm of the gradients before clipping. */
  readonly gradNorm: number;
}

export interface CompiledStep {
  /** Matrix work of one step, FLOPs (GROWTH.md 7.3). */
  readonly flops: number;
  /** Bytes the IR counts for a step: state and batch, and the most values alive at once. */
  readonly countedBytes: number;
  /**
   * Runs one step on `batches` (i32 [batch, time + 1] each), consuming `state`. `step` is 1 at the first. A run that is
   * refused for its inputs consumes nothing, and what earlier micro-batches accumulated is forgotten.
   */
  run(state: DeviceState, batches: readonly HostTensor[], lr: number, step: number): Promise<{ state: DeviceState; result: StepResult }>;
  dispose(): void;
}

export type CompiledStepOptions = StepGraphOptions & { readonly accumulation: number };

/** Compiles the step for `accumulation` micro-batches. @throws CambiumError from the device's `compile`. */
export async function compileStep(
  device: Device,
  config: LlamaConfig,
  options: CompiledStepOptions,
): Promise<CompiledStep> {
  return options.accumulation === 1 ? wholeStep(device, config, options) : accumulatedStep(device, config, options);
}

async function wholeStep(device: Device, config: LlamaConfig, options: StepGraphOptions): Promise<CompiledStep> {
  const graph = trainStepGraph(config, options);
  const executable = await device.compile(graph);
  return {
    flops: matrixFlops(graph),
    countedBytes: heldBytes(graph),
    run: async (state, [tokens], lr, step) => {
      const inputs = { ...state, ...scalars(lr, step), tokens: tokens as HostTensor };
      const { outputs, fetched } = await executable.run(inputs, { fetch: ["loss", "gradNorm"] });
      const result = { loss: scalar(fetched, "loss"), gradNorm: scalar(fetched, "gradNorm") };
      return { state: { ...state, ...outputs }, result };
    },
    dispose: () => executable.dispose(),
  };
}

async function accumulatedStep(
  device: Device,
  config: LlamaConfig,
  options: CompiledStepOptions,
): Promise<CompiledStep> {
  const graphs = accumulatedStepGraphs(config, options);
  const accumulate = await device.compile(graphs.accumulate);
  const apply = await device.compile(graphs.apply).catch((error) => {
    accumulate.dispose();
    throw error;
  });
  // Each graph's own state is what the other, and the whole state, has to be divided into.
  const sumNames = names(graphs.accumulate, isSum);
  const parameterNames = names(graphs.accumulate, (name) => !isSum(name) && name !== "tokens");
  const updatedNames = names(graphs.apply, (name) => !isSum(name) && name !== "lr" && name !== "step");
  const zeros = function* () {
    for (const { name, value } of graphs.accumulate.inputs) {
      if (isSum(name)) yield [name, hostTensor("f32", value.type.shape)] as const;
    }
  };
  /** Zero between steps; absent before the first and after a failed one. */
  let idle: DeviceState | undefined;
  return {
    flops: matrixFlops(graphs.accumulate) * options.accumulation,
    countedBytes: Math.max(...[graphs.accumulate, graphs.apply].map((graph) => heldBytes(graph, wholeState(config, options)))),
    run: async (state, batches, lr, step) => {
      let sums = idle ?? (await uploadAll(device, zeros()));
      idle = undefined;
      try {
        let loss = 0;
        for (const tokens of batches) {
          const inputs = { ...pick(state, parameterNames), ...sums, tokens };
          const { outputs, fetched } = await accumulate.run(inputs, { fetch: ["loss"] });
          sums = outputs;
          loss += scalar(fetched, "loss") / batches.length;
        }
        const inputs = { ...pick(state, updatedNames), ...sums, ...scalars(lr, step) };
        const { outputs, fetched } = await apply.run(inputs, { fetch: ["gradNorm"] });
        idle = pick(outputs, sumNames);
        const result = { loss, gradNorm: scalar(fetched, "gradNorm") };
        return { state: { ...state, ...pick(outputs, updatedNames) }, result };
      } catch (error) {
        disposeAll(sums);
        throw error;
      }
    },
    dispose: () => {
      if (idle) disposeAll(idle);
      accumulate.dispose();
      apply.dispose();
    },
  };
}
