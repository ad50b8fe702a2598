// Shared by the checks of families: random weights in float64, random tokens, and the logits of a model.
import { evaluate, Random, type RefTensor } from "@cambium/ir";
import type { ModelSpec } from "../family.js";
import { logitsGraph } from "../graphs/sequence.js";
import { parameterTable, sizesAlong } from "../model-spec.js";

/** Parameters by name. The numbers are float64, although the types say f32. */
export type Weights = Readonly<Record<string, RefTensor>>;

/** The number and length of the sequences that models are compared on. */
export const size = { batch: 2, context: 6 } as const;

/** Normal with standard deviation 0.3, norm weights around 1: the usual initial values would hide errors. */
export function randomWeights(model: ModelSpec): Weights {
  return Object.fromEntries(
    parameterTable(model).map(({ name, shape, kind }) => {
      const random = new Random(`family/${name}`);
      const mean = kind === "norm" ? 1 : 0;
      const length = shape.reduce((all, n) => all * n, 1);
      return [
        name,
        f64(
          shape,
          Float64Array.from({ length }, (_, i) => mean + 0.3 * random.normal(i)),
        ),
      ];
    }),
  );
}

/** Random tokens [batch, context]. */
export function randomTokens(model: ModelSpec, shape: readonly [number, number]): RefTensor {
  const { vocab } = sizesAlong(model, ["vocab"]);
  const random = new Random("family/tokens");
  const data = Float64Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.floor(vocab * random.uniform(i)));
  return { type: { dtype: "i32", shape }, data };
}

/** Logits [batch, context, vocab] of `randomTokens`, in float64. */
export function logits(model: ModelSpec, weights: Weights): Float64Array {
  const tokens = randomTokens(model, [size.batch, size.context]);
  const { logits } = evaluate(logitsGraph(model, size), { ...weights, tokens }, { precision: "f64" });
  return (logits as RefTensor).data;
}

export function f64(shape: readonly number[], data: Float64Array): RefTensor {
  return { type: { dtype: "f32", shape }, data };
}

/** Largest difference, as a multiple of the largest |expected|. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [apart, most] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const gap = Math.abs((actual[i] as number) - (expected[i] as number));
    apart = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(apart, gap);
    most = Math.max(most, Math.abs(expected[i] as number));
  }
  return apart / most;
}

/**
 * Bound on the distance of two float64 results of the same function with sums in another order. The most that the
 * families here reach is 1e-13, and a wrong index changes the first digits.
 */
export const rounding = 1e-10;
