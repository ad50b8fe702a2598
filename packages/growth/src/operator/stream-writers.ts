// What writes to the residual stream in a layer: where these tensors are silent, the layer is the identity.
import { CambiumError } from "@cambium/ir";
import { type ModelSpec, type ParameterSpec, parameterTable } from "@cambium/model";

/**
 * The tensors of those layers that write to the stream.
 * @throws CambiumError `E_FAMILY_STREAM` for a layer of which the family does not say what writes to it.
 */
export function streamWriters(model: ModelSpec, layers: ReadonlySet<number>): ParameterSpec[] {
  const writers = parameterTable(model).filter(({ layer = -1, writes }) => layers.has(layer) && writes === "stream");
  const unknown = [...layers].filter((t) => !writers.some(({ layer }) => layer === t));
  if (unknown.length === 0) return writers;
  const message = `the family ${model.family.name} does not say what writes to the residual stream in these layers`;
  throw new CambiumError("E_FAMILY_STREAM", message, {
    where: `target layers ${unknown.slice(0, 8).join(", ")}`,
    expected: "projections of attention and MLP by names that are known",
    hint: "a package cambium-family-… for this model can say it",
  });
}
