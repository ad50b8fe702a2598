// What training takes of memory, counted in the step's own graph.
import { decompose, liveness } from "@cambium/ir";
import type { ModelSpec } from "@cambium/model";
import { type StepGraphOptions, trainStepGraph } from "./step-graph.js";

/** Bytes. */
export interface TrainingMemory {
  /** Weights and AdamW's moments. */
  readonly state: number;
  /** Gradients and activations at the fullest instant of a step. */
  readonly step: number;
  /** A copy of the state in the process: made before the first step, and taken down for every snapshot. */
  readonly copy: number;
  /** What a process of Node with an engine in it takes before it has a model. */
  readonly process: number;
  readonly total: number;
}

/** Measured: Node, ONNX Runtime and a compiled session. */
const ofProcess = 225e6;

/**
 * On the onnx backend, whose engine holds what the ops' compositions hold; a fused kernel holds less. Peaks of six shapes
 * between 0.3 and 2 GB were 13 % above to 7 % below it (`cambium bench --suite memory`).
 */
export function trainingMemory(model: ModelSpec, options: StepGraphOptions): TrainingMemory {
  const { inputBytes, peakBytes } = liveness(decompose(trainStepGraph(model, options)));
  const parts = { state: inputBytes, step: peakBytes, copy: inputBytes, process: ofProcess };
  return { ...parts, total: parts.state + parts.step + parts.copy + parts.process };
}
