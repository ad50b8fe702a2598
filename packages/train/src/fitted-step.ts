// The graphs of an optimizer step, recomputing activations until training fits into a memory bound, and their cost.
import { CambiumError, fitMemory, type Graph, graphCost, highest, liveness } from "@cambium/ir";
import { gigabytes } from "@cambium/ir/figures";
import type { ModelSpec } from "@cambium/model";
import { bytesOfInputs, ofProcess, type TrainingMemory, trainingMemory } from "./memory.js";
import { accumulatedStepGraphs, type StepGraphOptions, stepKey, trainStepGraph } from "./step-graph.js";

export type FittedStepOptions = StepGraphOptions & {
  /** Micro-batches in the step. */
  readonly accumulation: number;
  /** Upper bound on `FittedStep.memory.total`, bytes. Default: none. */
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
   * and activations alive at once, composites being fused.
   */
  readonly bytes: number;
  /** What a process takes that trains with it. */
  readonly memory: TrainingMemory;
}

/**
 * The fitted step, cached by model object and settings: a step that was checked or planned before is not fitted again.
 * @throws CambiumError `E_MEMORY` if the step does not fit in `memory`, and `E_CONTEXT` as the model's loss.
 */
export function fittedStep(model: ModelSpec, options: FittedStepOptions): FittedStep {
  const ofModel = fits.get(model) ?? new Map<string, FittedStep>();
  fits.set(model, ofModel);
  const key = JSON.stringify([stepKey(options), options.accumulation, options.memory]);
  const known = ofModel.get(key) ?? fit(model, options);
  ofModel.set(key, known);
  return known;
}

/** A step to be fitted, and what it is the step of. */
interface WantedStep {
  readonly model: ModelSpec;
  readonly options: FittedStepOptions;
  readonly where: string;
}

/** The fitted steps, in order. @throws CambiumError as `fittedStep`, with every step that does not fit */
export function fittedSteps(wanted: readonly WantedStep[]): FittedStep[] {
  const wrong = new Map<string, CambiumError>();
  const steps = wanted.flatMap(({ model, options, where }) => {
    try {
      return fittedStep(model, options);
    } catch (error) {
      if (!(error instanceof CambiumError)) throw error;
      wrong.set(where, new CambiumError(error.code, error.summary, { ...error.details, where }));
      return [];
    }
  });
  const [first, ...others] = wrong.values();
  if (first === undefined) return steps;
  if (others.length === 0) throw first;
  const reasons = [first, ...others].map(({ summary: message, details }) => ({ message, ...details }));
  throw new CambiumError(first.code, `${reasons.length} steps do not fit`, { reasons });
}

const fits = new WeakMap<ModelSpec, Map<string, FittedStep>>();

function fit(model: ModelSpec, options: FittedStepOptions): FittedStep {
  const { memory = Number.POSITIVE_INFINITY } = options;
  const { step, whole } = smallest(model, options, memory);
  if (step.memory.total <= memory) return step;
  throw new CambiumError("E_MEMORY", "training does not fit in the memory allowed for it", {
    expected: `at least ${gigabytes(step.memory.total, Math.ceil)}${whole > step.memory.total ? ` with activations recomputed, ${gigabytes(whole, Math.ceil)} without` : ""}`,
    got: `${memory / 1e9} GB`,
    hint: advice(model, options, memory),
  });
}

/** The step that recomputes as little as it must, and the bytes that it would take without recomputation. */
function smallest(model: ModelSpec, options: FittedStepOptions, memory: number): { step: FittedStep; whole: number } {
  const { accumulation } = options;
  const { accumulate, apply } =
    accumulation === 1
      ? { accumulate: trainStepGraph(model, options), apply: undefined }
      : accumulatedStepGraphs(model, options);
  const graphs = (first: Graph) => (apply ? [first, apply] : [first]);
  const bytesOf = (first: Graph) => trainingMemory(model, graphs(first)).total;
  const { graph: first, recomputedFlops } = fitMemory(accumulate, { of: "loss", bytes: memory, measure: bytesOf });
  const step = {
    ...{ first, ...(apply && { apply }) },
    flops: graphCost(accumulate).matrixFlops * accumulation,
    recomputedFlops: recomputedFlops * accumulation,
    bytes: bytesOfInputs(graphs(first)) + highest(graphs(first).map((graph) => liveness(graph).peakBytes)),
    memory: trainingMemory(model, graphs(first)),
  };
  return { step, whole: bytesOf(accumulate) };
}

/** The largest micro-batch that fits with the same sequences in a step; if there is none, what else makes it smaller. */
function advice(model: ModelSpec, options: FittedStepOptions, memory: number): string {
  if (memory <= ofProcess)
    return `allow more: Node and the engine take ${gigabytes(ofProcess, Math.ceil)} before there is a model`;
  const { batch, accumulation } = options;
  for (let smaller = batch - 1; smaller > 0; smaller--) {
    if (batch % smaller !== 0) continue;
    const split = { batch: smaller, accumulation: (accumulation * batch) / smaller };
    const { total } = smallest(model, { ...options, ...split }, memory).step.memory;
    if (total <= memory)
      return `batch ${split.batch} with accumulation ${split.accumulation}, the same step, takes ${gigabytes(total, Math.ceil)}`;
  }
  return "a batch of 1 does not fit either; a shorter context, fewer layers or a smaller vocabulary takes less";
}
