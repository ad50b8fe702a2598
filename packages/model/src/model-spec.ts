// Functions of any model, whatever its family: its parameters, sizes and limits, growth, and its JSON form.
import { CambiumError, numel } from "@cambium/ir";
import type { Family, FamilyResolver, ModelSpec } from "./family.js";
import { isObject } from "./hf/json.js";
import { withinLimits } from "./limits.js";
import type { ParameterSpec, Sizes, UsualAxis } from "./parameters.js";

/** A model of `family`. @throws CambiumError `E_CONFIG` with every reason why `input` is not valid. */
export function modelSpec<Config extends object, Input extends object>(
  family: Family<Config, Input>,
  input: Input,
): ModelSpec<Config> {
  return withinLimits({ family, config: family.config(input) });
}

/**
 * Reads a model back from its JSON, `{ family: NAME, config }`.
 * @throws CambiumError `E_CONFIG` for anything that is not a model, `E_FAMILY` from `resolve`.
 */
export function parseModelSpec(json: unknown, resolve: FamilyResolver): ModelSpec {
  if (isObject(json) && typeof json.family === "string" && isObject(json.config)) {
    return modelSpec(resolve(json.family), json.config);
  }
  const expected = "{ family: NAME, config: {…} }";
  throw new CambiumError("E_CONFIG", "this does not describe a model", { expected, got: JSON.stringify(json) });
}

/** The JSON form of a model; `parseModelSpec` reads it back. */
export function modelJson({ family, config }: ModelSpec): { readonly family: string; readonly config: object } {
  return { family: family.name, config };
}

/** Every parameter, in the order of the forward pass. */
export function parameterTable({ family, config }: ModelSpec): readonly ParameterSpec[] {
  return family.parameters(config);
}

/** The sizes of the axes that the model's family names. */
export function modelSizes({ family, config }: ModelSpec): Sizes {
  return family.sizes.read(config);
}

/** The longest sequence that the model can compute, tokens. */
export function contextLength({ family, config }: ModelSpec): number {
  return family.contextLength(config);
}

/** `model` with other sizes. @throws CambiumError `E_CONFIG` if the family cannot have them. */
export function grownModel<Config extends object>(
  { family, config }: ModelSpec<Config>,
  sizes: Partial<Sizes>,
): ModelSpec<Config> {
  return modelSpec(family, family.sizes.grown(config, sizes));
}

/** The model whose layer t is like layer `from[t]` of `model`. */
export function deepenedModel<Config extends object>(
  { family, config }: ModelSpec<Config>,
  from: readonly number[],
): ModelSpec<Config> {
  return modelSpec(family, family.sizes.deepened(config, from));
}

/**
 * The sizes of `axes`.
 * @throws CambiumError `E_FAMILY_AXIS` with every axis that the model's family does not name.
 */
export function sizesAlong<Axis extends UsualAxis>(model: ModelSpec, axes: readonly Axis[]): Record<Axis, number> {
  const sizes = modelSizes(model);
  const absent = axes.filter((axis) => sizes[axis] === undefined);
  if (absent.length === 0) return sizes as Record<Axis, number> & Sizes;
  throw new CambiumError("E_FAMILY_AXIS", `the family ${model.family.name} names no axis ${quoted(absent)}`, {
    expected: `a family with ${quoted(axes)}`,
    got: quoted(Object.keys(sizes)),
    hint: "operators that only place layers can grow any family",
  });
}

/**
 * The number of parameters, in total and without embedding tables and head. A table that is also the head counts once.
 */
export function countParameters(model: ModelSpec): { readonly total: number; readonly nonEmbedding: number } {
  let total = 0;
  let nonEmbedding = 0;
  for (const { shape, kind } of parameterTable(model)) {
    total += numel(shape);
    if (kind !== "embedding" && kind !== "head") nonEmbedding += numel(shape);
  }
  return { total, nonEmbedding };
}

/** Whether the embedding table is also the output projection. */
export function isTied(model: ModelSpec): boolean {
  return parameterTable(model).some(({ kind, alias }) => kind === "embedding" && alias !== undefined);
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
