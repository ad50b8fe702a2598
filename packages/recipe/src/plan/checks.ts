// Checks of a run's stages, made before anything trains.
import { CambiumError, highest, type Reason } from "@cambium/ir";
import { contextLength, modelSizes, opensAfter, type Phase } from "@cambium/model";
import { schedule } from "@cambium/train";
import type { Recipe } from "../schema.js";
import type { Stage, Until } from "./stage.js";
import type { PlanSurroundings } from "./surroundings.js";

/** The checks that need tokenizer and checkpoint. @throws CambiumError `E_RECIPE` with every mistake. */
export function checkFit({ model, data }: Recipe, { checkpoint, vocabSize }: PlanSurroundings): void {
  if (!checkpoint) return;
  const { model: base, path } = checkpoint;
  const [longest, { vocab }] = [contextLength(base), modelSizes(base)];
  const reasons: Reason[] = [];
  if (model.context > longest) {
    const expected = `at most ${longest} tokens (max_position_embeddings)`;
    const message = "training sequences are longer than the checkpoint's context";
    reasons.push({ where: "model.context", message, expected, got: `${model.context}` });
  }
  if (vocab !== undefined && vocabSize > vocab) {
    const message = "the tokenizer has more tokens than the checkpoint's vocabulary";
    const got = `${vocabSize} in ${data.tokenizer ?? path}`;
    reasons.push({ where: "data.tokenizer", message, expected: `at most ${vocab}`, got });
  }
  if (reasons.length === 0) return;
  throw new CambiumError("E_RECIPE", "the recipe does not fit its checkpoint", { where: path, reasons });
}

/** @throws CambiumError `E_SCHEDULE` now rather than when the stage begins, hours later. */
export function checkSchedule({ name, schedule: options }: Pick<Stage, "name" | "schedule">): void {
  try {
    schedule(options);
  } catch (error) {
    if (!(error instanceof CambiumError)) throw error;
    throw new CambiumError(error.code, error.summary, { ...error.details, where: `stage "${name}"` });
  }
}

/**
 * @param tokens the most that the stage trains for
 * @throws CambiumError `E_GROWTH_MASKS` if masks are not open at the stage's end: the checkpoint saved there, and the
 * next growth, would treat the plain model as the one that was trained.
 */
export function checkMasks({ name, start, phase }: Stage, tokens: number): void {
  if (start.kind !== "growth") return;
  const opened = masksOpenAfter(phase);
  if (opened <= tokens) return;
  const { operator } = start.plan;
  throw new CambiumError("E_GROWTH_MASKS", `masks of ${operator.name} are not open when their stage ends`, {
    where: `stage "${name}"`,
    expected: `open after ${tokens} tokens, when the stage ends`,
    got: opened === Number.POSITIVE_INFINITY ? "masks that never open" : `open after ${opened} tokens`,
    hint: "open the masks sooner, or train the stage for longer",
  });
}

/** Tokens of a stage after which all its masks are open. */
export function masksOpenAfter({ masks }: Phase): number {
  return Math.max(0, highest(masks.map(opensAfter)));
}

/**
 * @param before when the stage before the growth `index` ends
 * @param tokens tokens that the grown stage trains for
 * @throws CambiumError `E_GROWTH_TIMING` for probes that would train for longer than the stage that they try.
 */
export function checkProbe(before: Until | undefined, index: number, tokens: number): void {
  if (before?.kind !== "probe" || before.budget <= tokens) return;
  throw new CambiumError("E_GROWTH_TIMING", "a probe trains for longer than the stage that it tries", {
    where: `growth.${index}.at.probe.budget`,
    expected: `at most ${tokens} tokens, which is what is left after ${before.most} tokens and their probes`,
    got: `${before.budget}`,
    hint: "fewer or shorter probes, a smaller `most`, or more train.tokens",
  });
}
