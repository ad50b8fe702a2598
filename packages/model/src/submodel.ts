// A sub-model of a model, and the phase it trains in.
import type { ModelSpec } from "./family.js";
import { deepenedModel, parameterTable } from "./model-spec.js";
import type { Phase } from "./phase.js";

/**
 * The bottom `depth` layers of `model` as a model, with the same parameter names, and its phase: the top
 * `submodels.top` layers, the last norm and the head train; the embedding trains if all layers do.
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
    // A tied table is also the head, so it trains.
    ({ kind, alias, layer }) => (layer !== undefined && layer < first) || (kind === "embedding" && alias === undefined),
  );
  return { model: part, phase: { ...phase, frozen: [...phase.frozen, ...held.map(({ name }) => name)] } };
}
