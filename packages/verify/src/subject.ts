// What is verified: a model's training step as one graph, with the same weights and batches for every backend.
import { differentiate, type Graph, type HostTensor, hostTensor, Random } from "@cambium/ir";
import { lossGraph, type ModelSpec, parameterTable, sizesAlong } from "@cambium/model";
import {
  defaultOptimizer,
  flattenState,
  freshState,
  initialLossScale,
  type Precision,
  scalingTensors,
  trainStepGraph,
} from "@cambium/train";

export type Tensors = Readonly<Record<string, HostTensor>>;

export interface Subject {
  /** The name shown to the user. */
  readonly name: string;
  readonly graph: Graph;
  /** Values of the inputs that persist between steps: parameters and, in training, moments. */
  readonly state: Tensors;
  /** Values of the other inputs in step `step`, from 1. */
  inputs(step: number): Tensors;
  readonly steps: number;
}

export interface SubjectOptions {
  readonly name: string;
  readonly model: ModelSpec;
  readonly parameters: Tensors;
  readonly batch: number;
  readonly context: number;
  /** Training steps; 0 for forward and backward only. */
  readonly steps: number;
  readonly precision: Precision;
}

const learningRate = 1e-3;

/** The step of a model: forward, backward and, if `steps` > 0, the optimizer. */
export function subjectOf({ name, model, parameters, batch, context, steps, precision }: SubjectOptions): Subject {
  const { vocab } = sizesAlong(model, ["vocab"]);
  const tokens = (step: number) => {
    const random = new Random(`verify/${step}`);
    const ids = Int32Array.from({ length: batch * (context + 1) }, (_, i) => random.word(i) % vocab);
    return hostTensor("i32", [batch, context + 1], ids);
  };
  if (steps === 0) {
    const by = parameterTable(model).map((spec) => spec.name);
    const graph = differentiate(lossGraph(model, { batch, context }), { of: "loss", by });
    return { name, graph, state: parameters, steps, inputs: (step) => ({ tokens: tokens(step) }) };
  }
  const graph = trainStepGraph(model, { batch, context, precision, optimizer: defaultOptimizer });
  const lr = hostTensor("f32", [], [learningRate]);
  const mixed = precision === "mixed";
  return {
    name,
    graph,
    state: { ...flattenState(freshState(parameters)), ...(mixed && scalingTensors(initialLossScale, 0)) },
    steps,
    inputs: (step) => ({ tokens: tokens(step), lr, ...(!mixed && { step: hostTensor("i32", [], [step]) }) }),
  };
}

/**
 * Weights that keep every layer's values near 1, so that a fault in any layer shows: matrices are normal with standard
 * deviation 1/√(last axis), norms are around 1, other vectors around 0.
 */
export function livelyParameters(model: ModelSpec): Tensors {
  return Object.fromEntries(
    parameterTable(model).map(({ name, shape, kind }) => {
      const random = new Random(`verify/${name}`);
      const length = shape.reduce((all, n) => all * n, 1);
      const [mean, deviation] =
        shape.length > 1 ? [0, 1 / Math.sqrt(shape.at(-1) as number)] : [kind === "norm" ? 1 : 0, 0.1];
      const data = Float32Array.from({ length }, (_, i) => mean + deviation * random.normal(i));
      return [name, hostTensor("f32", shape, data)];
    }),
  );
}
