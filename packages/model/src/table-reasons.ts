// Compares tensors with a model's parameter table: one check for checkpoints, growth, training states and generation.
import type { DType, Reason } from "@cambium/ir";
import type { ModelSpec } from "./family.js";
import { parameterTable } from "./model-spec.js";

/** What is known about a tensor before it is read. */
export interface TensorShape {
  readonly shape: readonly number[];
}

/** A tensor in memory, or its type alone. */
interface TypedShape extends TensorShape {
  readonly dtype: DType;
}

/** Reasons for the parameters of `model` that are missing in `tensors` or have the wrong shape there. */
export function unfitTensors(model: ModelSpec, tensors: ReadonlyMap<string, TensorShape>): Reason[] {
  return compared(model, tensors, ({ shape }) => `[${shape}]`, "");
}

/** As `unfitTensors`, for tensors that must all be f32. */
export function unfitF32Tensors(model: ModelSpec, tensors: ReadonlyMap<string, TypedShape>): Reason[] {
  return compared(model, tensors, ({ dtype, shape }) => `${dtype}[${shape}]`, "f32");
}

function compared<T>(
  model: ModelSpec,
  tensors: ReadonlyMap<string, T>,
  describe: (tensor: T) => string,
  dtype: string,
): Reason[] {
  return parameterTable(model).flatMap(({ name, shape, kind }): Reason[] => {
    const tensor = tensors.get(name);
    const expected = `${dtype}[${shape}]`;
    if (tensor === undefined) {
      const hint = 'set "tie_word_embeddings" to true if the head is the embedding table';
      return [{ where: name, message: "is missing", expected, ...(kind === "head" && { hint }) }];
    }
    const got = describe(tensor);
    return got === expected ? [] : [{ where: name, message: "has the wrong shape", expected, got }];
  });
}

/** Reasons for the tensors that `model` does not have. The alias of a tied head counts as known. */
export function strangeTensors(model: ModelSpec, names: Iterable<string>): Reason[] {
  const known = new Set(
    parameterTable(model).flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias])),
  );
  const message = `is not a parameter of this model of the family ${model.family.name}`;
  return [...names].flatMap((where) => (known.has(where) ? [] : [{ where, message }]));
}
