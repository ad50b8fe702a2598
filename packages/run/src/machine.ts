// The machine of a run: its description for the manifest, and the check that a stage fits into its memory.
import { availableParallelism, cpus, totalmem } from "node:os";
import { CambiumError } from "@cambium/ir";
import { gigabytes } from "@cambium/ir/figures";
import { countParameters } from "@cambium/model";
import type { Stage } from "@cambium/recipe";
import type { MachineInfo } from "@cambium/run-format";
import { fittedSteps } from "@cambium/train";

export function machineInfo(): MachineInfo {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: memoryBytes(),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
  };
}

/** Memory that this process may use, bytes: the machine's, or the limit of its container or cgroup. */
export function memoryBytes(): number {
  return smallerLimit(totalmem(), process.constrainedMemory());
}

/** @param limit the container's; without one Node returns 0, or more than the machine has, depending on its version */
export function smallerLimit(machine: number, limit: number | undefined): number {
  return limit === undefined || limit <= 0 ? machine : Math.min(machine, limit);
}

/** Parameters, gradients and two moments, f32 each. */
export const stateBytesPerParameter = 16;

/**
 * @throws CambiumError `E_MEMORY` for a stage whose training state alone is larger than the available memory, or with
 * every stage that does not fit into the memory that the recipe gives it.
 */
export function requireMemory(stages: readonly Stage[]): void {
  const bounded = stages.filter(({ memory }) => memory !== undefined);
  fittedSteps(bounded.map((stage) => ({ model: stage.model, options: stage, where: `stage "${stage.name}"` })));
  for (const stage of stages) requireState(stage);
}

function requireState({ name, model, distill }: Stage): void {
  const taught = distill ? 4 * countParameters(distill.teacher).total : 0;
  const bytes = stateBytesPerParameter * countParameters(model).total + taught;
  const available = memoryBytes();
  if (bytes <= available) return;
  throw new CambiumError("E_MEMORY", "the model is too large to be trained on this machine", {
    where: `stage "${name}"`,
    expected: `at most ${gigabytes(available, Math.floor)} of memory${available < totalmem() ? ", the limit of this container" : ""}`,
    got: `${gigabytes(bytes, Math.ceil)} for parameters, gradients and moments${distill ? ", and the teacher's parameters" : ""}`,
    hint: "fewer layers, a smaller hidden or vocabulary size, or a larger machine",
  });
}
