// The logits of a model in float64, by which claims to preserve the function are measured.
import { evaluate, numel, Random, type RefTensor } from "@cambium/ir";
import {
  contextLength,
  logitsGraph,
  type Mask,
  type ModelSpec,
  maskValuesName,
  parameterTable,
  sizesAlong,
} from "@cambium/model";
import { compilePlan } from "../evaluate/plan.js";
import type { ReadRows } from "../evaluate/value.js";
import type { GrowthPlan } from "../plan/plan.js";

/** Parameters by name. The numbers are float64, although the types say f32. */
export type Weights = Record<string, RefTensor>;

/** The largest `difference` of logits that rounding alone may make; the most seen was 9e-14 in f64 and 2e-5 in f32. */
export const rounding = { f64: 1e-10, f32: 1e-4 } as const;

/** Float64 parameters, normal with standard deviation 0.3, norm weights around 1; `seed` names the stream. */
export function randomWeights(model: ModelSpec, seed: string): Weights {
  return Object.fromEntries(
    parameterTable(model).map(({ name, shape, kind }) => {
      const random = new Random(`conformance/${seed}/${name}`);
      const mean = kind === "norm" ? 1 : 0;
      const data = Float64Array.from({ length: numel(shape) }, (_, i) => mean + 0.3 * random.normal(i));
      return [name, { type: { dtype: "f32", shape }, data }];
    }),
  );
}

/** Number and greatest length of the sequences that two models are compared on. */
const batch = 4;
const longest = 24;

/**
 * The target's parameters in float64, never rounded.
 * @param found rows of what was found for the plan's `given` tensors; default where their search starts
 */
export async function growExactly(
  plan: GrowthPlan,
  base: Readonly<Weights>,
  found: ReadRows | "init" = "init",
): Promise<Weights> {
  const made: Weights = {};
  for (const { name, shape, rows } of compilePlan(plan, { read: readExactly(base), found })) {
    made[name] = { type: { dtype: "f32", shape }, data: await rows(0, shape[0] as number) };
  }
  return made;
}

/** Reads rows of `weights` as they are. */
export function readExactly(weights: Readonly<Weights>): (name: string, start: number, end: number) => Float64Array {
  return (name, start, end) => {
    const { type, data } = weights[name] as RefTensor;
    const width = data.length / (type.shape[0] as number);
    return data.slice(start * width, end * width);
  };
}

/** Masks of a model, and the value of each. */
export interface Masked {
  readonly masks: readonly Mask[];
  readonly values: readonly number[];
}

/** The inputs that graphs with masks have beside weights and tokens. */
export function maskInputs({ masks, values }: Masked): Weights {
  if (masks.length === 0) return {};
  return { [maskValuesName]: { type: { dtype: "f32", shape: [masks.length] }, data: Float64Array.from(values) } };
}

export const unmasked: Masked = { masks: [], values: [] };

/** Logits [batch, context, vocab] of random tokens. Models with equal vocabularies and contexts get the same tokens. */
export function logits(
  model: ModelSpec,
  weights: Readonly<Weights>,
  masked: Masked = unmasked,
  precision: "f32" | "f64" = "f64",
): Float64Array {
  const { vocab } = sizesAlong(model, ["vocab"]);
  const random = new Random("conformance/tokens");
  const context = Math.min(longest, contextLength(model));
  const shape = [batch, context];
  const data = Float64Array.from({ length: numel(shape) }, (_, i) => Math.floor(vocab * random.uniform(i)));
  const tokens: RefTensor = { type: { dtype: "i32", shape }, data };
  const graph = logitsGraph(model, { batch, context, masks: masked.masks });
  const outputs = evaluate(graph, { ...weights, ...maskInputs(masked), tokens }, { precision });
  return (outputs["logits"] as RefTensor).data;
}

/** The largest |actual − expected|, and the largest |expected|. */
export function distance(actual: ArrayLike<number>, expected: Float64Array): { apart: number; largest: number } {
  let [apart, largest] = [0, 0];
  expected.forEach((x, i) => {
    apart = Math.max(apart, Math.abs(x - (actual[i] as number)));
    largest = Math.max(largest, Math.abs(x));
  });
  return { apart, largest };
}

/** Largest difference, as a multiple of max(1, largest |expected|). */
export function difference(actual: Float64Array, expected: Float64Array): number {
  const { apart, largest } = distance(actual, expected);
  return apart / Math.max(1, largest);
}

/** `weights` with one coefficient of the last norm off by a thousandth: a model that does not preserve the function. */
export function perturbed(model: ModelSpec, weights: Readonly<Weights>): Weights {
  const name = parameterTable(model).findLast(({ kind }) => kind === "norm")?.name ?? "";
  const norm = weights[name] as RefTensor;
  return { ...weights, [name]: { ...norm, data: norm.data.map((x, i) => (i === 0 ? x + 1e-3 : x)) } };
}
