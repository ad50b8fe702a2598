// What only the engine `local` does of a stage.
import type { Reason } from "@cambium/ir";
import { phaseParts } from "@cambium/model";
import type { Stage } from "@cambium/recipe";

/** What of a phase other engines can follow. */
const followed = ["frozen", "groups", "lrMultipliers"];

/** What the engine `engine`, which trains whole models to an end that is known before, cannot do of `stage`. */
export function localAlone(engine: string, { phase, until, distill }: Stage): Reason[] {
  const hint = "the engine local does";
  const reasons: Reason[] = phaseParts(phase)
    .filter((part) => !followed.includes(part))
    .map((part) => ({ message: `${engine} trains no ${part}`, got: `${part} after the growth before`, hint }));
  if (distill) reasons.push({ message: `${engine} has no teacher`, got: "distill after the growth before", hint });
  if (until.kind === "tokens") return reasons;
  const message = `${engine} trains for a number of tokens that is known before`;
  return [...reasons, { message, got: `a growth by ${until.kind}`, expected: "at: tokens, or a share" }];
}
