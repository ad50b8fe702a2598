// The graphs of an optimizer step, fitted into the memory that it may take, and what they cost.
import { byteLength, fitMemory, type Graph, graphCost, highest, liveness } from "@cambium/ir";
import type { ModelSpec } from "@cambium/model";
import { accumulatedStepGraphs, type StepGraphOptions, trainStepGraph } from "./step-graph.js";

export type FittedStepOptions = StepGraphOptions & {
  /** Micro-batches in the step. */
  readonly accumulation: number;
  /** The most that `FittedStep.bytes` may be. Default: whatever the step takes. */
  readonly memory?: number | undefined;
};

export interface FittedStep {
  /** The whole step; with accumulation, what one micro-batch does. */
  readonly first: Graph;
  /** With accumulation, the update. */
  readonly apply?: Graph;
  /** Matrix work of one step, FLOPs, without what is done a second time. */
  readonly flops: number;
  /** Matrix work that one step does a second time, FLOPs. */
  readonly recomputedFlops: number;
  /**
   * Bytes the IR counts for a step: parameters, moments, accumulated gradients and batch, and the most gradients and
   * activations alive at once.
   */
  readonly bytes: number;
}

/** @throws CambiumError `E_MEMORY` if the step does not fit in `memory`, and `E_CONTEXT` as the model's loss. */
export function fittedStep(model: ModelSpec, options: FittedStepOptions): FittedStep {
  const { accumulation, memory = Number.POSITIVE_INFINITY } = options;
  const { accumulate: first, apply } =
    accumulation === 1
      ? { accumulate: trainStepGraph(model, options), apply: undefined }
      : accumulatedStepGraphs(model, options);
  const flops = graphCost(first).matrixFlops * accumulation;
  // Moments wait in memory while gradients are accumulated.
  const aside = inputBytes(first, apply) - inputBytes(first);
  const fitted = fitMemory(first, { of: "loss", bytes: memory - aside });
  const recomputedFlops = fitted.recomputedFlops * accumulation;
  return { first: fitted.graph, ...(apply && { apply }), flops, recomputedFlops, bytes: bytesOf(fitted.graph, apply) };
}

function bytesOf(...graphs: readonly (Graph | undefined)[]): number {
  const peaks = graphs.map((graph) => (graph ? liveness(graph).peakBytes : 0));
  return inputBytes(...graphs) + highest(peaks);
}

/** Bytes of every input of the graphs, each once. */
function inputBytes(...graphs: readonly (Graph | undefined)[]): number {
  const inputs = graphs.flatMap((graph) => graph?.inputs ?? []);
  const bytes = new Map(inputs.map(({ name, value }) => [name, byteLength(value.type)]));
  return [...bytes.values()].reduce((sum, one) => sum + one, 0);
}
