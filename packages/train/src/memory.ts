// The memory of a training process, counted on the graphs of the step that it compiles.
import { byteLength, decompose, type Graph, highest, liveness } from "@cambium/ir";
import { type ModelSpec, parameterTable, stateNames } from "@cambium/model";

/** In bytes. */
export interface TrainingMemory {
  /** Weights, AdamW's moments, gradients where they are accumulated, and the batch. */
  readonly state: number;
  /** Peak of gradients and activations within a step, on an engine without fused kernels. */
  readonly step: number;
  /** A host copy of weights and moments, downloaded for every snapshot. */
  readonly copy: number;
  /** A Node process with an engine loaded, before it has a model. */
  readonly process: number;
  readonly total: number;
}

/** Measured: Node, ONNX Runtime and a compiled session. */
export const ofProcess = 210e6;

/**
 * The memory of training with these graphs on the onnx backend, whose engine stores the values inside composite ops;
 * fused kernels take less. Measured peaks of six shapes between 0.3 and 2 GB were 8 % above to 9 % below it (`cambium
 * bench --suite memory`).
 */
export function trainingMemory(model: ModelSpec, graphs: readonly Graph[]): TrainingMemory {
  const tensors = parameterTable(model).flatMap(({ name }) => [name, stateNames.m(name), stateNames.v(name)]);
  const copied = new Set(tensors);
  const parts = {
    state: bytesOfInputs(graphs),
    step: highest(graphs.map((graph) => liveness(decompose(graph)).peakBytes)),
    copy: bytesOfInputs(graphs, (name) => copied.has(name)),
    process: ofProcess,
  };
  return { ...parts, total: parts.state + parts.step + parts.copy + parts.process };
}

/** Bytes of every input of the graphs, each once. */
export function bytesOfInputs(graphs: readonly Graph[], counts: (name: string) => boolean = () => true): number {
  const inputs = graphs.flatMap((graph) => graph.inputs).filter(({ name }) => counts(name));
  const bytes = new Map(inputs.map(({ name, value }) => [name, byteLength(value.type)]));
  return [...bytes.values()].reduce((sum, one) => sum + one, 0);
}
