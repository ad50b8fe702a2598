// The parts of a stage that the engine cannot do.
import { localAlone } from "@cambium/engine";
import type { Reason } from "@cambium/ir";
import type { Stage } from "@cambium/recipe";
import type { TorchOptions } from "./options.js";

/** Families whose models in transformers compute the same as ours. */
const families = ["llama", "mistral", "qwen2", "qwen3"];

export function refusals(stage: Stage, { nproc, nodes }: TorchOptions): Reason[] {
  const { model, phase, precision, memory, batch, accumulation } = stage;
  const ranks = nproc * nodes;
  const reasons: Reason[] = localAlone("torch", stage);
  const refuse = (message: string, got: string, expected?: string) =>
    reasons.push({ message: `torch ${message}`, got, ...(expected !== undefined && { expected }) });
  if (!families.includes(model.family.name))
    refuse("does not support the family", model.family.name, families.join(", "));
  const still = Object.entries(phase.lrMultipliers).find(([, factor]) => factor === 0);
  if (still) refuse("does not accept a rate of 0: freeze the parameter instead", still[0]);
  if (precision !== "f32") refuse("has its own option for precision, bf16", `train.precision: ${precision}`, "f32");
  if (memory !== undefined)
    refuse("keeps every activation", `train.memory: ${memory}`, "no bound, or the engine local");
  if ((batch * accumulation) % ranks !== 0)
    refuse(
      "gives each process the same number of sequences",
      `${batch * accumulation} on ${ranks}`,
      `a multiple of ${ranks}`,
    );
  return reasons;
}
