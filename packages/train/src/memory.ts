// What a process that trains takes of memory, counted in the graphs of the step that it would compile.
import { decompose, highest, liveness } from "@cambium/ir";
import { type ModelSpec, parameterTable, stateNames } from "@cambium/model";
import { bytesOfInputs, type FittedStepOptions, fittedStep } from "./fitted-step.js";

/** Bytes, unless it says otherwise. */
export interface TrainingMemory {
  /** Weights, AdamW's moments, gradients where they are accumulated, and the batch. */
  readonly state: number;
  /** Gradients and activations at the fullest instant of a step, of an engine without fused kernels. */
  readonly step: number;
  /** A copy of weights and moments in the process: made before the first step, and taken down for every snapshot. */
  readonly copy: number;
  /** What a process of Node with an engine in it takes before it has a model. */
  readonly process: number;
  readonly total: number;
  /** What the option `memory` of a trainer bounds: state and step, with a fused kernel's values inside it not counted. */
  readonly counted: number;
  /** Share of the step's matrix work that is done a second time so that `counted` stays in its bound. */
  readonly recomputed: number;
}

/** Measured: Node, ONNX Runtime and a compiled session. */
const ofProcess = 210e6;

/**
 * On the onnx backend, whose engine holds what the ops' compositions hold; a fused kernel holds less. Peaks of six shapes
 * between 0.3 and 2 GB were 8 % above to 9 % below it (`cambium bench --suite memory`).
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
