// The model in a source directory: of a family that fits it, or known by its tensors alone.
import type { ModelDirectory } from "@cambium/checkpoint";
import { ReasonList } from "@cambium/files";
import { append, CambiumError } from "@cambium/ir";
import {
  builtInFamilies,
  type Family,
  hfFamily,
  type ModelSpec,
  opaqueModel,
  readHfModel,
  strangeTensors,
  unfitTensors,
} from "@cambium/model";
import { findStack } from "./stack.js";

export interface SourceModel {
  readonly model: ModelSpec;
  /** Why no family fits it; reported if an operator needs more than layers. */
  readonly misfits: readonly CambiumError[];
}

/**
 * @param families the families that it may have. Default: those of @cambium/model
 * @throws CambiumError `E_GROWTH_REFUSED` if not even layers can be found in its tensors.
 */
export function sourceModel(source: ModelDirectory, families: readonly Family[] = builtInFamilies): SourceModel {
  const misfits: CambiumError[] = [];
  try {
    const model = readHfModel(source.configJson, families);
    append(misfits, misfitsOf(source, model));
    if (misfits.length === 0) return { model, misfits };
  } catch (error) {
    if (!(error instanceof CambiumError)) throw error;
    misfits.push(error);
  }
  const reasons = new ReasonList();
  const stack = findStack(source.tensors.keys(), source.configJson, reasons);
  // If a family claims the model, its reasons say more than that the tensors are not numbered.
  if (!stack && hfFamily(source.configJson, families))
    for (const { details } of misfits) for (const one of details.reasons ?? []) reasons.add(one);
  reasons.throwIfAny("E_GROWTH_REFUSED", "this model cannot be grown this way", { where: source.path });
  const { prefix, count: layers } = stack as NonNullable<typeof stack>;
  const tensors = [...source.tensors.values()].map(({ name, shape }) => ({ name, shape }));
  return { model: opaqueModel({ tensors, prefix, layers }), misfits };
}

/** `E_GROWTH_UNKNOWN_TENSOR` and `E_GROWTH_SOURCE`, each with every tensor, where the files are not the model's. */
function misfitsOf({ path, tensors }: ModelDirectory, model: ModelSpec): CambiumError[] {
  const strange = strangeTensors(model, tensors.keys());
  const unfit = unfitTensors(model, tensors);
  const found: CambiumError[] = [];
  if (strange.length > 0) {
    found.push(
      new CambiumError("E_GROWTH_UNKNOWN_TENSOR", "the checkpoint has tensors that would be lost", {
        where: path,
        hint: "operators that only place layers grow any decoder",
        reasons: strange,
      }),
    );
  }
  if (unfit.length > 0) {
    found.push(
      new CambiumError("E_GROWTH_SOURCE", "the tensors of the base do not fit its config", {
        where: path,
        reasons: unfit,
      }),
    );
  }
  return found;
}
