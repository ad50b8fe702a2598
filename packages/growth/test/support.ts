// Bases, weights and operators that the tests share.
import {
  affine,
  copy,
  defineOperator,
  depthOptions,
  depthPlan,
  type Expr,
  namesOf,
  normal,
  scale,
  take,
  targetLayers,
  zeros,
} from "@cambium/growth";
import { type HostTensor, hostTensor, numel, Random } from "@cambium/ir";
import {
  type DecoderInput,
  grownModel,
  llama,
  type ModelSpec,
  modelSizes,
  modelSpec,
  parameterTable,
  sizesAlong,
} from "@cambium/model";
import { z } from "zod";

export type Tensors = Record<string, HostTensor>;

export function config(given: Partial<DecoderInput> = {}): ModelSpec {
  return modelSpec(llama, {
    vocab: 11,
    hidden: 8,
    intermediate: 10,
    layers: 3,
    heads: 2,
    headDim: 6,
    contextLength: 16,
    ...given,
  });
}

/** Normal numbers for every parameter, norms included. */
export function weights(of: ModelSpec, seed = "weights", std = 0.3): Record<string, HostTensor<"f32">> {
  return Object.fromEntries(
    parameterTable(of).map(({ name, shape }) => {
      const random = new Random(`${seed}/${name}`);
      return [
        name,
        hostTensor(
          "f32",
          shape,
          Float32Array.from({ length: numel(shape) }, (_, i) => std * random.normal(i)),
        ),
      ];
    }),
  );
}

export function source(tensors: Readonly<Tensors>) {
  return { get: (name: string) => tensors[name] };
}

export async function collect<T>(items: AsyncIterable<[string, T]>): Promise<Record<string, T>> {
  const found: Record<string, T> = {};
  for await (const [name, item] of items) found[name] = item;
  return found;
}

const each = (base: ModelSpec, of: (name: string) => Expr): Record<string, Expr> =>
  Object.fromEntries(parameterTable(base).map(({ name }) => [name, of(name)]));

/**
 * Every MLP neuron twice; the outputs of the two copies weigh `share` and 1 − `share`. Has moment rules and, with
 * `slow`, learning rates halved on the matrices that read copies.
 */
export const doubleIntermediate = defineOperator({
  name: "double-intermediate",
  version: "1.0.0",
  summary: "Every MLP neuron twice, its output shared out.",
  options: z.strictObject({ share: z.number().default(0.3), slow: z.boolean().default(false) }),
  claims: { functionPreserving: "exact" },
  target: (base) => grownModel(base, { intermediate: 2 * sizesAlong(base, ["intermediate"]).intermediate }),
  plan: (base, _target, { share, slow }) => {
    const n = sizesAlong(base, ["intermediate"]).intermediate;
    const twice = Array.from({ length: 2 * n }, (_, i) => i % n);
    const shares = twice.map((_, i) => (i < n ? share : 1 - share));
    const spread = (name: string, factors?: number[]) => take(copy(name), "intermediate", twice, factors);
    const has = (role: "in" | "out") =>
      namesOf(base, ({ axes }) => axes.some((one) => one.axis === "intermediate" && one.role === role));
    const [producers, readers] = [has("out"), has("in")];
    const tensors = each(base, (name) => {
      if (producers.includes(name)) return spread(name);
      return readers.includes(name) ? spread(name, shares) : copy(name);
    });
    const rules: [string, Expr][] = [
      ...producers.map((name): [string, Expr] => [name, spread(name, shares)]),
      ...readers.map((name): [string, Expr] => [name, spread(name)]),
    ];
    const lrMultipliers = slow ? Object.fromEntries(readers.map((name) => [name, 1 / 2])) : {};
    return { tensors, optimizer: { moments: Object.fromEntries(rules) }, phase: { lrMultipliers } };
  },
});

/** The last layer repeated on top with outputs of zero (G_zero in depth, Du et al. 2024); only the new layers train. */
export const zeroTop = defineOperator({
  name: "zero-top",
  version: "1.0.0",
  summary: "Silent copies of the last layer on top.",
  options: z.strictObject(depthOptions()),
  claims: { functionPreserving: "exact" },
  target: (base, options) => {
    return grownModel(base, { layers: targetLayers(modelSizes(base).layers, options as { factor?: number }) });
  },
  plan: (base, target) => {
    const from = modelSizes(base).layers;
    const layers = Array.from({ length: modelSizes(target).layers }, (_, t) => Math.min(t, from - 1));
    const parts = depthPlan(base, target, layers);
    const isNew = (layer: number | undefined) => layer !== undefined && layer >= from;
    const silent = parameterTable(target).filter(({ writes, layer }) => isNew(layer) && writes === "stream");
    return {
      ...parts,
      tensors: { ...parts.tensors, ...Object.fromEntries(silent.map(({ name, shape }) => [name, zeros(shape)])) },
      phase: { frozen: parameterTable(target).flatMap(({ name, layer }) => (isNew(layer) ? [] : [name])) },
      claims: { functionPreserving: "exact" },
    };
  },
});

/** Every tensor mixed with noise in place: factors without moment rules. */
export const noisy = defineOperator({
  name: "noisy",
  version: "1.0.0",
  summary: "Four fifths of the weights and a fifth of noise.",
  options: z.strictObject({}),
  target: (base) => base,
  plan: (base) => ({
    tensors: Object.fromEntries(
      parameterTable(base).map(({ name, shape }) => [
        name,
        affine(0.8, copy(name), 0.2, scale(normal(shape, 1, `noise/${name}`), 0.1)),
      ]),
    ),
  }),
});
