// A sub-model of a model, and how it trains.
import type { ModelSpec } from "./family.js";
import { deepenedModel, parameterTable } from "./model-spec.js";
import type { Phase } from "./phase.js";

/**
 * The bottom `depth` layers of `model` as a model, whose parameters have the names they have in the whole one, and how it
 * trains: `top` of its layers, last norm and head, and the embedding where no layer below the trained ones is held.
 */
export function submodel(
  model: ModelSpec,
  { submodels, ...phase }: Phase,
  depth: number,
): { readonly model: ModelSpec; readonly phase: Phase } {
  const part = deepenedModel(
    model,
    Array.from({ length: depth }, (_, i) => i),
  );
  const first = depth - (submodels?.top ?? depth);
  if (first <= 0) return { model: part, phase };
  const held = parameterTable(part).filter(
    // A tied table is the head as well.
    ({ kind, alias, layer }) => (layer !== undefined && layer < first) || (kind === "embedding" && alias === undefined),
  );
  return { model: part, phase: { ...phase, frozen: [...phase.frozen, ...held.map(({ name }) => name)] } };
}
