// The parts of a stage that the engine cannot do.
import { localAlone, trainedGroups } from "@cambium/engine";
import type { Reason } from "@cambium/ir";
import { modelSizes } from "@cambium/model";
import type { Stage } from "@cambium/recipe";
import { dataRanks, type TitanOptions } from "./options.js";

export function refusals(stage: Stage, options: TitanOptions): Reason[] {
  const { model, phase, precision, memory, batch } = stage;
  const { tensorParallel, contextParallel, nproc, nodes } = options;
  const reasons: Reason[] = localAlone("torchtitan", stage);
  const refuse = (message: string, got: string, expected?: string) =>
    reasons.push({ message: `torchtitan ${message}`, got, ...(expected !== undefined && { expected }) });
  const { hidden = 0, heads = 1, headDim = hidden / heads } = modelSizes(model);
  if (model.family.name !== "llama") refuse("supports one family here", model.family.name, "llama");
  else if (heads * headDim !== hidden)
    refuse("needs heads that are hidden / heads wide", `${headDim}`, `${hidden / heads}`);
  if (phase.frozen.length > 0) refuse("trains all parameters", `${phase.frozen.length} frozen ones`);
  const groups = trainedGroups(stage);
  if (groups.some(({ warmup }) => warmup > 0))
    refuse("has one schedule for all parameters", "a warm-up of some of them", "schedule: rewarm");
  if (groups.some(({ factor }) => factor === 0))
    refuse("does not accept a rate of 0", "a factor of 0 on a parameter's rate");
  if (precision !== "f32") refuse("has its own option for precision, bf16", `train.precision: ${precision}`, "f32");
  if (memory !== undefined) refuse("has its own option for memory, recompute", `train.memory: ${memory}`, "no bound");
  const ranks = dataRanks(options);
  if (!Number.isInteger(ranks)) {
    const parts = `tensorParallel ${tensorParallel} · contextParallel ${contextParallel}`;
    refuse("divides its processes evenly", `${nproc * nodes} over ${parts}`);
  } else if (batch % ranks !== 0) {
    refuse(
      "gives each process the same number of sequences of a micro-batch",
      `${batch} on ${ranks}`,
      `a multiple of ${ranks}`,
    );
  }
  return reasons;
}
