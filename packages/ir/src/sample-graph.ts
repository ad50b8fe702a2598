// Graphs that test an op on one of its samples: the op alone, and a scalar loss of its output to differentiate.
import { GraphBuilder } from "./builder.js";
import { type HostTensor, isFloat } from "./dtype.js";
import type { Attrs, Graph, Op, Tensor } from "./graph.js";
import { mul } from "./ops/mul.js";
import { reduceSum } from "./ops/reduce-sum.js";
import { drawn, materialize, type Sample } from "./sample.js";

/** One application of `op` to a sample: inputs `x0`, `x1`, …; outputs `y0`, `y1`, … */
export function sampleGraph(op: Op, sample: Sample): Graph {
  const builder = new GraphBuilder();
  const inputs = sample.inputs.map(({ type }, i) => builder.input(`x${i}`, type));
  builder.apply(op, inputs, (sample.attrs ?? {}) as Attrs).forEach((tensor, i) => builder.output(`y${i}`, tensor));
  return builder.finish();
}

/** Values for the inputs of `sampleGraph`; the same seed gives the same values. */
export function sampleInputs(sample: Sample, seed: string): Record<string, HostTensor> {
  return Object.fromEntries(materialize(sample, seed).map((tensor, i) => [`x${i}`, tensor]));
}

/** `sampleGraph` with one more input `weights` of `y0`'s type, and the output `loss`: Σ weights · y0. */
export function sampleLoss(op: Op, sample: Sample): Graph {
  const builder = new GraphBuilder();
  const inputs = sample.inputs.map(({ type }, i) => builder.input(`x${i}`, type));
  const [y] = builder.apply(op, inputs, (sample.attrs ?? {}) as Attrs) as [Tensor];
  const weighted = mul(y, builder.input("weights", y.type));
  builder.output("loss", reduceSum(weighted, { axes: y.shape.map((_, i) => i) }));
  return builder.finish();
}

/** Values for the inputs of `sampleLoss`. */
export function sampleLossInputs(op: Op, sample: Sample, seed: string): Record<string, HostTensor> {
  const [y] = op.infer(
    sample.inputs.map(({ type }) => type),
    (sample.attrs ?? {}) as Attrs,
  );
  const weights = materialize({ inputs: [drawn("f32", y?.shape ?? [])] }, `${seed}/weights`)[0] as HostTensor;
  return { ...sampleInputs(sample, seed), weights };
}

/** Names of the inputs of `sampleLoss` whose gradient the sample tests; none if the output has no gradient to test. */
export function sampleGradients(op: Op, { inputs, attrs, gradient }: Sample): string[] {
  const [y] = op.infer(
    inputs.map(({ type }) => type),
    (attrs ?? {}) as Attrs,
  );
  if (gradient === false || y?.dtype !== "f32") return [];
  const tested = gradient ?? inputs.flatMap(({ type }, i) => (isFloat(type.dtype) ? [i] : []));
  return tested.map((i) => `x${i}`);
}
