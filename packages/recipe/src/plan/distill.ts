// The distillation of a grown stage, from its recipe.
import { CambiumError } from "@cambium/ir";
import { distillationReasons, type ModelSpec } from "@cambium/model";
import { grownFrom } from "../schema/growth.js";
import type { GrowthStep, Recipe } from "../schema.js";
import type { StageDistillation } from "./stage.js";
import type { PlanSurroundings } from "./surroundings.js";

/** The checkpoints that a recipe names as teachers, each with its place in the recipe. */
export function teacherPaths({ growth, variants }: Pick<Recipe, "growth" | "variants">) {
  const of = (list: string, steps: readonly Pick<GrowthStep, "distill">[]) =>
    steps.flatMap(({ distill }, i) =>
      distill && distill.from !== grownFrom ? [{ from: distill.from, path: [list, i, "distill", "from"] }] : [],
    );
  return [...of("growth", growth), ...of("variants", variants)];
}

/**
 * @param base the model before the growth `index`
 * @param model after it
 * @throws CambiumError `E_RECIPE` for a teacher that `model` cannot learn from
 */
export function distillOf(
  { distill }: GrowthStep,
  { base, model, index }: { readonly base: ModelSpec; readonly model: ModelSpec; readonly index: number },
  { context, teachers }: { readonly context: number; readonly teachers: PlanSurroundings["teachers"] },
): StageDistillation | undefined {
  if (!distill) return undefined;
  const { from, weight, temperature } = distill;
  const given = teachers?.get(from);
  if (from !== grownFrom && !given) throw new TypeError(`the teacher ${from} was not read`);
  const learned: StageDistillation = {
    ...{ teacher: given?.model ?? base, weight, temperature },
    from: given ? { kind: "checkpoint", path: given.path, fingerprint: given.fingerprint } : { kind: "parent" },
  };
  const reasons = distillationReasons(learned, model, context);
  if (reasons.length === 0) return learned;
  throw new CambiumError("E_RECIPE", "the grown model cannot learn from this teacher", {
    where: `growth.${index}.distill`,
    reasons,
  });
}
