// Tensors compared with a model's parameter table: one check for checkpoints, growth, training states and generation.
import type { Reason } from "@cambium/ir";
import type { ModelSpec } from "./family.js";
import { parameterTable } from "./model-spec.js";

/** What is known of a tensor before it is read. */
export interface TensorShape {
  readonly shape: readonly number[];
}

export interface TableReasons {
  /** Parameters that are absent or have another shape. */
  readonly unfit: readonly Reason[];
  /** Tensors that the model does not have; another name of a tied head is not one. */
  readonly strange: readonly Reason[];
}

/** What stands against `tensors` being those of `model`. */
export function tableReasons(model: ModelSpec, tensors: ReadonlyMap<string, TensorShape>): TableReasons {
  const table = parameterTable(model);
  const unfit = table.flatMap(({ name, shape, kind }): Reason[] => {
    const got = tensors.get(name)?.shape;
    if (got === undefined) {
      const hint = '"tie_word_embeddings" is to be true where the head is the embedding';
      return [{ where: name, message: "is absent", expected: `[${shape}]`, ...(kind === "head" && { hint }) }];
    }
    if (got.join() === shape.join()) return [];
    return [{ where: name, message: "has another shape", expected: `[${shape}]`, got: `[${got}]` }];
  });
  const known = new Set(table.flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias])));
  const strange = [...tensors.keys()].flatMap((where): Reason[] =>
    known.has(where) ? [] : [{ where, message: `is not a parameter of this model of the family ${model.family.name}` }],
  );
  return { unfit, strange };
}
