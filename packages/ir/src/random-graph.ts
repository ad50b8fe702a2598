// Random graphs for fuzzing passes and backends. Each is determined by a list of choices, so that a property tester can
// shrink it. They are built from the samples of ops, so every op takes part.
import { GraphBuilder } from "./builder.js";
import { type DType, type HostTensor, sameType, type TensorType } from "./dtype.js";
import { everyOp } from "./every-op.js";
import type { Attrs, Graph, Op, Tensor } from "./graph.js";
import { append } from "./lists.js";
import { add } from "./ops/add.js";
import { maximum } from "./ops/maximum.js";
import { minimum } from "./ops/minimum.js";
import { mul } from "./ops/mul.js";
import { pad } from "./ops/pad.js";
import { reshape } from "./ops/reshape.js";
import { slice } from "./ops/slice.js";
import { tanh } from "./ops/tanh.js";
import { materialize, type Sample, type SampleInput } from "./sample.js";
import { numel } from "./shape.js";

export interface RandomGraph {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, HostTensor>>;
}

/** The dtypes that every device computes in. */
const everywhere: readonly DType[] = ["f32", "i32", "bool"];

/**
 * The graph that `choices` determine: each number picks the next sample of one of `ops` and the earlier values it
 * reads. Samples with a dtype that is not among `dtypes` are left out. Earlier f32 values are resized to the sample's
 * shape and squashed by a tanh into its range, so that numbers stay moderate in deep graphs. Some values stay unread
 * and are dead code. An op that compares or truncates f32 gets fresh inputs, so that backends which round differently
 * still agree on it exactly.
 */
export function graphFromChoices(
  choices: readonly number[],
  ops: readonly Op[] = everyOp,
  dtypes: readonly DType[] = everywhere,
): RandomGraph {
  const builder = new GraphBuilder();
  const inputs: Record<string, HostTensor> = {};
  const pool: Tensor[] = [];
  const samples = ops.flatMap((op) =>
    op.samples
      .filter((sample) => typesOf(op, sample).every(({ dtype }) => dtypes.includes(dtype)))
      .filter(hasFiniteInputs)
      .map((sample) => ({ op, sample })),
  );
  choices.forEach((choice, step) => {
    const { op, sample } = samples[choice % samples.length] as { op: Op; sample: Sample };
    const draw = picker(choice);
    const values = materialize(sample, `choice ${choice}`);
    const attrs = (sample.attrs ?? {}) as Attrs;
    const exact = typesOf(op, sample)
      .slice(sample.inputs.length)
      .some(({ dtype }) => dtype !== "f32");
    const operands = sample.inputs.map((wanted, i) => {
      const candidates = pool.filter(
        (held) => held.dtype === wanted.type.dtype && (held.dtype !== "bool" || fills(held, wanted)),
      );
      const held = candidates[draw(candidates.length)];
      if (held && readable(wanted, exact) && draw(4) > 0) return fit(held, wanted);
      const name = `in${step}.${i}`;
      inputs[name] = values[i] as HostTensor;
      return builder.input(name, wanted.type);
    });
    const results = builder.scope(`step${step}`, () => builder.apply(op, operands, attrs));
    append(pool, results);
    const shown = results.filter(() => step === choices.length - 1 || draw(3) > 0);
    shown.forEach((tensor, i) => builder.output(`out${step}.${i}`, tensor));
  });
  return { graph: builder.finish(), inputs };
}

/** Whether a sample has neither infinities nor NaN: backends need not agree on what a chain of ops makes of those. */
function hasFiniteInputs({ inputs }: Sample): boolean {
  return inputs.every(({ values = [] }) => values.every(Number.isFinite));
}

/** Types of a sample's inputs, then of its outputs. */
function typesOf(op: Op, { inputs, attrs = {} }: Sample): readonly TensorType[] {
  const types = inputs.map(({ type }) => type);
  return [...types, ...op.infer(types, attrs as Attrs)];
}

/** A function that draws numbers below a bound, all from one choice. */
function picker(choice: number): (below: number) => number {
  let state = choice >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return below === 0 ? 0 : (state >>> 8) % below;
  };
}

/** Whether an earlier value may replace this input: not where its values are given or its range is wide. */
function readable({ type, values, range = [-2, 2] }: SampleInput, exact: boolean): boolean {
  return !values && !(exact && type.dtype === "f32") && (type.dtype !== "f32" || range[1] - range[0] <= 8);
}

/** Whether `x` has enough elements for this input, since bools cannot be padded. */
function fills(x: Tensor, { type }: SampleInput): boolean {
  return numel(x.shape) >= numel(type.shape);
}

/** `x` made to fit the sample input: cut or zero-filled to its shape, and brought into its range. */
function fit(x: Tensor, { type, range }: SampleInput): Tensor {
  const [from, to] = range ?? (type.dtype === "f32" ? [-2, 2] : [0, 4]);
  const shaped = sameType(x.type, type) ? x : reshape(resize(x, numel(type.shape)), { shape: type.shape });
  if (type.dtype === "i32") return maximum(minimum(shaped, to - 1), from);
  if (type.dtype !== "f32") return shaped;
  return add(mul(tanh(shaped), (to - from) / 2), (from + to) / 2);
}

function resize(x: Tensor, length: number): Tensor {
  const held = numel(x.shape);
  const flat = reshape(x, { shape: [held] });
  if (held >= length) return held === length ? flat : slice(flat, { start: [0], end: [length] });
  return pad(flat, { before: [0], after: [length - held] });
}
