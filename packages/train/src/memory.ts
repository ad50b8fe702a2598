// The memory of a training process, counted on the graphs of the step that it would compile.
import { decompose, highest, liveness } from "@cambium/ir";
import { type ModelSpec, parameterTable, stateNames } from "@cambium/model";
import { bytesOfInputs, type FittedStepOptions, fittedStep } from "./fitted-step.js";

/** In bytes, except `recomputed`. */
export interface TrainingMemory {
  /** Weights, AdamW's moments, gradients where they are accumulated, and the batch. */
  readonly state: number;
  /** Peak of gradients and activations within a step, on an engine without fused kernels. */
  readonly step: number;
  /** A host copy of weights and moments: made before the first step, and downloaded for every snapshot. */
  readonly copy: number;
  /** A Node process with an engine loaded, before it has a model. */
  readonly process: number;
  readonly total: number;
  /** What a trainer's option `memory` bounds: state and step, without the values inside fused kernels. */
  readonly counted: number;
  /** Share of the step's matrix work that is recomputed to keep `counted` within its bound. */
  readonly recomputed: number;
}

/** Measured: Node, ONNX Runtime and a compiled session. */
const ofProcess = 210e6;

/**
 * The memory of training on the onnx backend, whose engine stores the values inside composite ops; fused kernels take
 * less. Measured peaks of six shapes between 0.3 and 2 GB were 8 % above to 9 % below it (`cambium bench --suite
 * memory`).
 * @throws CambiumError as `fittedStep`.
 */
export function trainingMemory(model: ModelSpec, options: FittedStepOptions): TrainingMemory {
  const { first, apply, bytes, flops, recomputedFlops } = fittedStep(model, options);
  const graphs = apply ? [first, apply] : [first];
  const tensors = parameterTable(model).flatMap(({ name }) => [name, stateNames.m(name), stateNames.v(name)]);
  const copied = new Set(tensors);
  const parts = {
    state: bytesOfInputs(graphs),
    step: highest(graphs.map((graph) => liveness(decompose(graph)).peakBytes)),
    copy: bytesOfInputs(graphs, (name) => copied.has(name)),
    process: ofProcess,
  };
  const total = parts.state + parts.step + parts.copy + parts.process;
  return { ...parts, total, counted: bytes, recomputed: recomputedFlops / flops };
}
