// Parts of a stage that only the engine `local` supports.
import type { Reason } from "@cambium/ir";
import { phaseParts } from "@cambium/model";
import type { Stage } from "@cambium/recipe";

/** Parts of a phase that other engines support. */
const supported = ["frozen", "groups", "lrMultipliers"];

/**
 * What `engine` cannot do of `stage`, for an engine that trains whole models for a fixed number of tokens.
 * @param engine its name
 */
export function localAlone(engine: string, { phase, until, distill }: Stage): Reason[] {
  const hint = "the engine local does";
  const reasons: Reason[] = phaseParts(phase)
    .filter((part) => !supported.includes(part))
    .map((part) => ({ message: `${engine} does not support ${part}`, got: `${part} after the last growth`, hint }));
  if (distill) reasons.push({ message: `${engine} does not support a teacher`, got: "distill after a growth", hint });
  if (until.kind === "tokens") return reasons;
  const message = `${engine} trains for a number of tokens known in advance`;
  return [...reasons, { message, got: `a growth by ${until.kind}`, expected: "at: tokens, or a share" }];
}
