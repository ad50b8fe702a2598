// The models that the conformance suite grows: small enough to compute, with sizes odd enough to tell axes apart.
import { type HostTensor, hostTensor, numel, Random } from "@cambium/ir";
import {
  builtInFamily,
  type DecoderInput,
  type Family,
  grownModel,
  type ModelSpec,
  modelSizes,
  modelSpec,
  parameterTable,
} from "@cambium/model";
import type { Operator } from "../operator/operator.js";
import type { GrowthPlan } from "../plan/plan.js";

/** Sizes of a base, and its family: the name of a built-in one, or the family itself. Default `llama`. */
export type BaseChoice = Partial<DecoderInput> & { readonly family?: string | Family<object, DecoderInput> };

/** One growth to test. */
export interface OperatorCase {
  /** For the test's name; default: the base and the options as JSON. */
  readonly name?: string;
  /** Sizes that differ from those of `testBases.mha`. */
  readonly base?: BaseChoice;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Expected: the base layer that each target layer comes from, null for a new or mixed one. */
  readonly layers?: readonly (number | null)[];
  /** The base's gradients, grown by the plan's moment rules, must be the target's, masks shut if it has any. */
  readonly gradients?: boolean;
  /** Expected R_c, not reduced: numerator and denominator (L − 1). */
  readonly connectionRate?: readonly [numerator: number, denominator: number];
}

/** A growth that must be refused. */
export interface Refusal {
  readonly base?: BaseChoice;
  readonly options: Readonly<Record<string, unknown>>;
  /** The error's code, e.g. `E_GROWTH_LAYERS`. */
  readonly code: string;
}

/** Six layers, so that the patterns of sixths all differ; all axes differ in size. */
const sizes = {
  vocab: 19,
  hidden: 8,
  intermediate: 14,
  layers: 6,
  heads: 2,
  headDim: 6,
  contextLength: 32,
};

export const testBases = {
  mha: {},
  "gqa, tied": { heads: 4, kvHeads: 2, headDim: 4, tied: true },
  "mqa, odd sizes": { hidden: 9, heads: 3, kvHeads: 1, headDim: 2, intermediate: 13 },
  "norms within heads": { family: "qwen3", heads: 4, kvHeads: 2, headDim: 4 },
  "biases, tied": { family: "qwen2", heads: 4, kvHeads: 2, headDim: 4, tied: true },
} satisfies Record<string, BaseChoice>;

export function baseModel({ family = "llama", ...base }: BaseChoice = {}): ModelSpec {
  const found: Family<object, DecoderInput> = typeof family === "string" ? builtInFamily(family) : family;
  return modelSpec(found, { ...sizes, ...base });
}

/** Every test base: with factors 2 and 4 for a depth operator that takes them, else with the default options. */
export function defaultCases(operator: Operator): readonly OperatorCase[] {
  const doubled = [{ factor: 2 }, { factor: 4 }].filter((options) => growsDepthAlone(operator, options));
  const choices = doubled.length > 0 ? doubled : [{}];
  return Object.entries(testBases).flatMap(([name, base]) =>
    choices.map((options) => ({ name: `${name}, ${JSON.stringify(options)}`, base, options })),
  );
}

function growsDepthAlone(operator: Operator, options: { readonly factor: number }): boolean {
  try {
    return placesLayers(operator.plan(baseModel(), options));
  } catch {
    return false;
  }
}

/** Whether the plan changes only the number of layers, and copies every tensor of the target from the base. */
export function placesLayers({ base, target, tensors }: GrowthPlan): boolean {
  const same = JSON.stringify(target) === JSON.stringify(grownModel(base, { layers: modelSizes(target).layers }));
  return same && Object.values(tensors).every(({ kind }) => kind === "copy");
}

/**
 * Parameters to grow, f32: normal with standard deviation 0.3, norm weights included. The usual initial values (norm
 * weights of 1, small weights) would hide errors.
 */
export function testParameters(model: ModelSpec, seed: string): Record<string, HostTensor<"f32">> {
  return Object.fromEntries(
    parameterTable(model).map(({ name, shape }) => {
      const random = new Random(`conformance/${seed}/${name}`);
      return [
        name,
        hostTensor(
          "f32",
          shape,
          Float32Array.from({ length: numel(shape) }, (_, i) => 0.3 * random.normal(i)),
        ),
      ];
    }),
  );
}
