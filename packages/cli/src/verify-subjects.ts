// The models that cambium verify checks: the one that a path names, with its weights if it has any, or a small one of
// every installed family.
import { join } from "node:path";
import { CambiumError } from "@cambium/ir";
import { contextLength, type ModelSpec } from "@cambium/model";
import { readParameters } from "@cambium/run";
import type { Precision } from "@cambium/train";
import { livelyParameters, type Subject, smallModels, subjectOf, type Tensors } from "@cambium/verify";
import type { FamilyFlags } from "./flags.js";
import type { Host } from "./host.js";
import { exists, findModel, projectFamilies, readModel } from "./model-source.js";
import { isRecipe, lastStage, recipeArms } from "./recipe-view.js";

export interface SubjectFlags extends FamilyFlags {
  readonly batch: number;
  readonly context?: number;
  readonly steps: number;
  readonly precision?: Precision;
}

export interface Subjects {
  readonly subjects: readonly Subject[];
  /** Families without a small model, and why. */
  readonly without: readonly { readonly name: string; readonly reason: string }[];
}

/** Default tokens in a sequence: enough for every mask and position, and few, because float64 is slow. */
const defaultContext = 8;

/** @throws CambiumError `E_NOT_FOUND`; what reading a recipe or a model throws */
export async function subjectsOf(path: string | undefined, flags: SubjectFlags, host: Host): Promise<Subjects> {
  const make = (name: string, model: ModelSpec, parameters: Tensors) => {
    const { batch, steps, precision = "f32" } = flags;
    const context = flags.context ?? Math.min(defaultContext, contextLength(model));
    return subjectOf({ name, model, parameters, batch, context, steps, precision });
  };
  if (path === undefined) {
    const { models, without } = smallModels(await projectFamilies(flags, host));
    return { subjects: models.map(({ name, model }) => make(name, model, livelyParameters(model))), without };
  }
  if (!(await exists(path))) throw new CambiumError("E_NOT_FOUND", "there is nothing at this path", { where: path });
  if (isRecipe(path)) {
    const { model } = lastStage(await recipeArms(path, host));
    return { subjects: [make(path, model, livelyParameters(model))], without: [] };
  }
  const source = await findModel(path);
  const model = await readModel(source, flags, host);
  return { subjects: [make(join(path), model, await readParameters(source.path, model))], without: [] };
}
