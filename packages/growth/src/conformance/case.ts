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
  type ParameterSpec,
  parameterTable,
} from "@cambium/model";
import type { Operator } from "../operator/operator.js";
import type { GrowthPlan } from "../plan/plan.js";
import { codeOf } from "./assert.js";
import { turnedNames } from "./turned-names.js";

/** Sizes of a base, and its family: the name of a built-in one, or the family itself. Default `llama`. */
export type BaseChoice = Partial<DecoderInput> & { readonly family?: string | Family<object, DecoderInput> };

/** A growth and the list of layers expected of it. */
export interface ListCase {
  /** Sizes that differ from those of `testBases.mha`. */
  readonly base?: BaseChoice;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Expected: the base layer that each target layer comes from, null for a new or mixed one. */
  readonly layers?: readonly (number | null)[];
  /** Expected R_c, not reduced: numerator and denominator (L − 1). */
  readonly connectionRate?: readonly [numerator: number, denominator: number];
}

/** One growth to test. */
export interface OperatorCase extends ListCase {
  /** For the test's name; default: the base and the options as JSON. */
  readonly name?: string;
  /** The base's gradients, grown by the plan's moment rules, must be the target's, masks shut if it has any. */
  readonly gradients?: boolean;
  /** With moments carried, 20 steps of training must go where the base's would have gone (`courseError`). */
  readonly course?: boolean;
  /** Expected: exactly these tensors of the target train, the others are frozen. */
  readonly trains?: (spec: ParameterSpec) => boolean;
}

/** A growth that must be refused. */
export interface Refusal {
  readonly base?: BaseChoice;
  readonly options: Readonly<Record<string, unknown>>;
  /** The error's code, e.g. `E_GROWTH_LAYERS`. */
  readonly code: string;
  /** A part of the error as it is printed: of its message, or of a hint. */
  readonly says?: string;
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

/** The last two differ from Llama in more than sizes; the last has none of its names. */
export const testBases = {
  mha: {},
  "gqa, tied": { heads: 4, kvHeads: 2, headDim: 4, tied: true },
  "mqa, odd sizes": { hidden: 9, heads: 3, kvHeads: 1, headDim: 2, intermediate: 13 },
  "norms within heads": { family: "qwen3", heads: 4, kvHeads: 2, headDim: 4 },
  "biases, tied": { family: turnedNames(builtInFamily("qwen2")), heads: 4, kvHeads: 2, headDim: 4, tied: true },
} satisfies Record<string, BaseChoice>;

export function baseModel({ family = "llama", ...base }: BaseChoice = {}): ModelSpec {
  const found: Family<object, DecoderInput> = typeof family === "string" ? builtInFamily(family) : family;
  return modelSpec(found, { ...sizes, ...base });
}

/**
 * Growths of every test base. Depth doubles, and once grows fourfold; a base whose depth stays has two layers and grows
 * by the default options. None for an operator that refuses its defaults, such as one that has no default for an option.
 */
export function defaultCases(operator: Operator): readonly OperatorCase[] {
  const factors = [{ factor: 2 }, { factor: 4 }].filter((options) => growsDepthAlone(operator, options));
  const [usual = {}] = factors;
  const plan = planned(operator, usual);
  if (!plan) return [];
  const shallow = modelSizes(plan.target).layers === modelSizes(plan.base).layers ? { layers: 2 } : {};
  const cases = Object.entries(testBases).map(([name, base]) => ({
    name: `${name}, ${JSON.stringify(usual)}`,
    base: { ...base, ...shallow },
    options: usual,
  }));
  return [...cases, ...factors.slice(1).map((options) => ({ name: JSON.stringify(options), options }))];
}

function planned(operator: Operator, options: object): GrowthPlan | undefined {
  return codeOf(() => operator.plan(baseModel(), options)) === null ? operator.plan(baseModel(), options) : undefined;
}

function growsDepthAlone(operator: Operator, options: object): boolean {
  const plan = planned(operator, options);
  return plan !== undefined && deepens(plan);
}

function deepens({ base, target }: GrowthPlan): boolean {
  return JSON.stringify(target) === JSON.stringify(grownModel(base, { layers: modelSizes(target).layers }));
}

/** Whether the plan changes only the number of layers, and copies every tensor of the target from the base. */
export function placesLayers(plan: GrowthPlan): boolean {
  return deepens(plan) && Object.values(plan.tensors).every(({ kind }) => kind === "copy");
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
