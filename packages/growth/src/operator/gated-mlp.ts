// The gated MLP of each layer, found by the axes and marks of the family, whatever its tensors are called.
import type { Reason } from "@cambium/ir";
import { type ModelSpec, modelSizes, type ParameterSpec, parameterTable } from "@cambium/model";
import { sizesError } from "./sizes.js";

/** The matrices of `down(silu(gate x) · (up x))`. */
export interface GatedMlp {
  readonly gate: ParameterSpec;
  readonly up: ParameterSpec;
  readonly down: ParameterSpec;
}

/**
 * The MLP of every layer, from the bottom. Biases may stand beside its matrices.
 * @throws CambiumError `E_GROWTH_SIZES` with every layer whose neurons are not those of one such MLP.
 */
export function gatedMlps(model: ModelSpec): readonly GatedMlp[] {
  const neurons = parameterTable(model).filter(({ axes }) => axes.some(({ axis }) => axis === "intermediate"));
  const reasons: Reason[] = [];
  const mlps = Array.from({ length: modelSizes(model).layers }, (_, t): GatedMlp | undefined => {
    const own = neurons.filter(({ layer, kind }) => layer === t && kind !== "bias");
    const writers = own.filter(({ axes }) => axes.length === 2 && axes[0]?.axis === "intermediate");
    const gate = writers.find(({ activation }) => activation === "silu");
    const up = writers.find(({ activation }) => activation === undefined);
    const down = own.find(({ axes, writes }) => writes === "stream" && axes[1]?.axis === "intermediate");
    if (own.length === 3 && gate && up && down) return { gate, up, down };
    const expected =
      "three matrices along intermediate: one marked as activated by silu, one plain, one that reads both";
    const got = own.map(({ name }) => name).join(", ") || "none";
    reasons.push({ where: `layer ${t}`, message: "is not a gated MLP by the family's marks", expected, got });
    return undefined;
  });
  if (reasons.length === 0) return mlps as readonly GatedMlp[];
  throw sizesError(`the MLP of ${model.family.name} has no gate`, { reasons });
}
