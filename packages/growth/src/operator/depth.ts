// Depth growth: each target layer is a copy of a base layer, and all other tensors are copied unchanged.
import { CambiumError, type ErrorDetails, type Reason } from "@cambium/ir";
import { deepenedModel, type ModelSpec, modelSizes, mostLayers, parameterTable } from "@cambium/model";
import { checkFields, type Fields } from "@cambium/plugin";
import * as z from "zod";
import { copy } from "../expr/build.js";
import type { Claims, PlanParts } from "../plan/plan.js";
import { counterparts, tensorsOf } from "../plan/tensors.js";
import { operatorOf } from "./define.js";
import type { Operator } from "./operator.js";

/** The growth factor if neither `factor` nor `layers` is given (Du et al. 2024, section 4.1: 2 to 4 are best). */
const defaultFactor = 4;

/** The options that every depth operator takes. */
export const depthOptions = (usual: number = defaultFactor) => ({
  factor: z.number().positive().exactOptional().describe(`layers after / layers before; default ${usual}`),
  layers: z.int().positive().exactOptional().describe("layers after growth, instead of a factor"),
});

interface DepthChoice {
  readonly factor?: number;
  readonly layers?: number;
}

export interface DepthOperatorDefinition<Extra extends z.ZodRawShape> {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** To be given if `refine` makes the plan preserve the function. Default: not preserved. */
  readonly claims?: Claims;
  /** The factor if none is given; default 4. */
  readonly usualFactor?: number;
  /** Options besides `factor` and `layers`. */
  readonly options?: Extra;
  /**
   * The number of layers after growth, if options of its own decide it. It then takes neither `factor` nor `layers`.
   */
  decided?(base: number, options: z.output<z.ZodObject<Extra>>): number;
  /**
   * For each target layer the base layer that it copies, 0-based. `base` and `target` are numbers of layers, `base` ≤
   * `target`.
   * @throws CambiumError by `depthError`, if it cannot grow `base` layers to `target`.
   */
  layers(base: number, target: number, options: z.output<z.ZodObject<Extra>>): readonly number[];
  /**
   * Changes the plan where copies alone are not enough: gets the plan of the list, `depthPlan(base, target, layers)`,
   * and returns the plan to use. Every tensor of target layer t must remain a copy from base layer `layers[t]`, scaled
   * or not, or be zero.
   */
  refine?(parts: PlanParts, growth: DepthGrowth, options: z.output<z.ZodObject<Extra>>): PlanParts;
}

/** A growth in depth with its layer list. */
export interface DepthGrowth {
  readonly base: ModelSpec;
  readonly target: ModelSpec;
  /** For each target layer the base layer it copies. */
  readonly layers: readonly number[];
}

const fields: Fields<DepthOperatorDefinition<z.ZodRawShape>> = {
  name: "string",
  version: "string",
  summary: "string",
  claims: "object?",
  usualFactor: "number?",
  options: "object?",
  decided: "function?",
  layers: "function",
  refine: "function?",
};

/**
 * A depth operator from its list of layers.
 * @example
 * export default depthOperator({
 *   name: "interpolate", version, summary: "Every layer repeated in place.",
 *   layers: (base, target) => Array.from({ length: target }, (_, t) => Math.floor((t * base) / target)),
 * });
 */
export function depthOperator<Extra extends z.ZodRawShape = Record<never, never>>(
  definition: DepthOperatorDefinition<Extra>,
): Operator {
  checkFields("depthOperator", fields, definition);
  const { name, version, summary, claims, refine = (plan) => plan } = definition;
  const options = z.strictObject({
    ...(!definition.decided && depthOptions(definition.usualFactor)),
    ...definition.options,
  });
  const list = (base: number, choice: DepthChoice): readonly number[] => {
    if (base === 0) {
      const hint = "start the recipe with layers: 1, or use random-masked, which makes new layers";
      throw depthError("a model without layers has none to copy", { expected: "at least 1 layer", got: "0", hint });
    }
    const own = choice as z.output<z.ZodObject<Extra>>;
    const target = definition.decided
      ? withinReason(definition.decided(base, own))
      : targetLayers(base, choice, definition.usualFactor);
    const layers = definition.layers(base, target, own);
    checkLayers(layers, base, target);
    return layers;
  };
  return operatorOf({ name, version, summary, options, ...(claims && { claims }) }, (base, choice) => {
    const layers = list(modelSizes(base).layers, choice as DepthChoice);
    const own = choice as z.output<z.ZodObject<Extra>>;
    return {
      target: deepenedModel(base, layers),
      parts: (target) => refine(depthPlan(base, target, layers), { base, target, layers }, own),
    };
  });
}

/**
 * The plan that makes layer t of the target a copy of base layer `layers[t]`. Base layers that are not in the list are
 * dropped. Only the list 0, 1, … of the base's own layers preserves the function. Moments are copied with the layers: a
 * heuristic, since copies in different places have different gradients.
 */
export function depthPlan(base: ModelSpec, target: ModelSpec, layers: readonly number[]): PlanParts {
  const sourceOf = counterparts(base);
  const tensors = tensorsOf(target, (spec) => {
    if (spec.layer === undefined) return copy(spec.name);
    const source = sourceOf(spec, layers[spec.layer]);
    return source && copy(source.name);
  });
  const used = new Set(layers);
  const identity = layers.length === modelSizes(base).layers && layers.every((from, to) => from === to);
  return {
    tensors,
    dropped: parameterTable(base).flatMap(({ name, layer }) => (layer === undefined || used.has(layer) ? [] : [name])),
    claims: { functionPreserving: identity ? "exact" : "no" },
  };
}

/**
 * The number of layers after growth.
 * @throws CambiumError `E_GROWTH_OPTION` if both a factor and a number are given; `E_GROWTH_LAYERS` for a number of
 * layers that is not whole, smaller than the base's or larger than `mostLayers`.
 */
export function targetLayers(base: number, { factor, layers }: DepthChoice, usual = defaultFactor): number {
  if (factor !== undefined && layers !== undefined) {
    const got = `factor ${factor}, layers ${layers}`;
    throw new CambiumError("E_GROWTH_OPTION", "both a factor and a number of layers are given", {
      expected: "one of them",
      got,
    });
  }
  const exact = layers ?? (factor ?? usual) * base;
  const target = Math.round(exact);
  if (Math.abs(exact - target) > 1e-9 * exact) {
    const hint = `layers: ${target}, or a factor that makes whole layers`;
    throw depthError(`${base} layers cannot grow by a factor of ${factor}`, {
      expected: "a whole number of layers",
      got: `${Number(exact.toPrecision(12))}`,
      hint,
    });
  }
  if (target < base)
    throw depthError("growth cannot remove layers", { expected: `at least ${base} layers`, got: `${target}` });
  return withinReason(target);
}

function withinReason(layers: number): number {
  if (layers <= mostLayers) return layers;
  throw depthError("the target is too deep", { expected: `at most ${mostLayers} layers`, got: `${layers}` });
}

/** The error to throw if a depth operator cannot make the list asked for. The operator's name is added to it. */
export function depthError(message: string, details: ErrorDetails = {}): CambiumError {
  return new CambiumError("E_GROWTH_LAYERS", message, details);
}

/** @throws CambiumError `E_GROWTH_LAYERS` unless `layers` has `target` entries, all of them layers of the base. */
function checkLayers(layers: readonly number[], base: number, target: number): void {
  const reasons: Reason[] = layers.flatMap((layer, t) =>
    Number.isInteger(layer) && layer >= 0 && layer < base
      ? []
      : [
          {
            where: `target layer ${t}`,
            message: "does not come from a layer of the base",
            expected: `0 to ${base - 1}`,
            got: `${layer}`,
          },
        ],
  );
  if (layers.length !== target) {
    reasons.push({
      where: "the list",
      message: "has the wrong length",
      expected: `${target} layers`,
      got: `${layers.length}`,
    });
  }
  if (reasons.length > 0) throw depthError("the list of layers does not fit the base and the target", { reasons });
}
