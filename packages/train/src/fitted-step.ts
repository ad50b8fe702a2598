// The graphs of an optimizer step, fitted into a memory bound, and their cost.
import { byteLength, fitMemory, type Graph, graphCost, highest, liveness } from "@cambium/ir";
import type { ModelSpec } from "@cambium/model";
import type { OptimizerOptions } from "./optimizer.js";
import { accumulatedStepGraphs, type StepGraphOptions, trainStepGraph } from "./step-graph.js";

export type FittedStepOptions = StepGraphOptions & {
  /** Micro-batches in the step. */
  readonly accumulation: number;
  /** Upper bound on `FittedStep.bytes`. Default: none. */
  readonly memory?: number | undefined;
};

export interface FittedStep {
  /** The whole step; with accumulation, the graph of one micro-batch. */
  readonly first: Graph;
  /** With accumulation, the update. */
  readonly apply?: Graph;
  /** Matrix work of one step, FLOPs, recomputation excluded. */
  readonly flops: number;
  /** Matrix work of one step's recomputation, FLOPs. */
  readonly recomputedFlops: number;
  /**
   * Bytes the IR counts for a step: parameters, moments, accumulated gradients and batch, plus the peak of gradients
   * and activations alive at once.
   */
  readonly bytes: number;
}

/**
 * The fitted step, cached by model object and settings: a step that was checked or planned before is not fitted again.
 * @throws CambiumError `E_MEMORY` if the step does not fit in `memory`, and `E_CONTEXT` as the model's loss.
 */
export function fittedStep(model: ModelSpec, options: FittedStepOptions): FittedStep {
  const ofModel = fits.get(model) ?? new Map<string, FittedStep>();
  fits.set(model, ofModel);
  const key = settingsOf(options);
  const known = ofModel.get(key) ?? fit(model, options);
  ofModel.set(key, known);
  return known;
}

/**
 * Everything that a step depends on besides its model, as a cache key. Further fields and their order do not matter.
 */
function settingsOf(options: FittedStepOptions): string {
  const { batch, context, accumulation, memory, precision, phase, distill } = options;
  const { beta1, beta2, eps, weightDecay, clip } = options.optimizer;
  const optimizer: OptimizerOptions = { beta1, beta2, eps, weightDecay, clip };
  const settings: Record<keyof FittedStepOptions, unknown> = {
    ...{ batch, context, accumulation, memory, precision, phase, distill },
    optimizer,
  };
  return JSON.stringify(settings);
}

const fits = new WeakMap<ModelSpec, Map<string, FittedStep>>();

function fit(model: ModelSpec, options: FittedStepOptions): FittedStep {
  const { accumulation, memory = Number.POSITIVE_INFINITY } = options;
  const { accumulate: first, apply } =
    accumulation === 1
      ? { accumulate: trainStepGraph(model, options), apply: undefined }
      : accumulatedStepGraphs(model, options);
  const flops = graphCost(first).matrixFlops * accumulation;
  // Moments stay in memory while gradients are accumulated.
  const aside = bytesOfInputs([first, apply]) - bytesOfInputs([first]);
  const fitted = fitMemory(first, { of: "loss", bytes: memory, aside });
  const recomputedFlops = fitted.recomputedFlops * accumulation;
  const graphs = { first: fitted.graph, ...(apply && { apply }) };
  return { ...graphs, flops, recomputedFlops, bytes: bytesOf([fitted.graph, apply]) };
}

/** Bytes of every input of the graphs, each once, and the most values alive at once in one of them. */
function bytesOf(graphs: readonly (Graph | undefined)[]): number {
  return bytesOfInputs(graphs) + highest(graphs.map((graph) => (graph ? liveness(graph).peakBytes : 0)));
}

/** Bytes of every input of the graphs, each once. */
export function bytesOfInputs(
  graphs: readonly (Graph | undefined)[],
  counts: (name: string) => boolean = () => true,
): number {
  const inputs = graphs.flatMap((graph) => graph?.inputs ?? []).filter(({ name }) => counts(name));
  const bytes = new Map(inputs.map(({ name, value }) => [name, byteLength(value.type)]));
  return [...bytes.values()].reduce((sum, one) => sum + one, 0);
}
