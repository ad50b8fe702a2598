// Parts of a stage that only the engine `local` supports.
import type { Reason } from "@cambium/ir";
import { phaseParts } from "@cambium/model";
import type { Stage } from "@cambium/recipe";

/** Parts of a phase that other engines support. */
const supported = ["frozen", "groups", "lrMultipliers"];

/**
 * Fields of a stage that other engines carry out, or refuse themselves. A stage that has any other field is refused by
 * name, so that none is ignored.
 */
const known: ReadonlySet<string> = new Set<keyof Stage>([
  ...(["name", "model", "start", "phase", "data", "schedule", "until", "distill", "device", "engine"] as const),
  ...(["batch", "accumulation", "precision", "memory", "context", "seed", "optimizer", "evaluation"] as const),
]);

/**
 * What `engine` cannot do of `stage`, for an engine that trains whole models for a fixed number of tokens.
 * @param engine its name
 */
export function localAlone(engine: string, stage: Stage): Reason[] {
  const { phase, until, distill } = stage;
  const hint = "the engine local does";
  const reasons: Reason[] = phaseParts(phase)
    .filter((part) => !supported.includes(part))
    .map((part) => ({ message: `${engine} does not support ${part}`, got: `${part} after the last growth`, hint }));
  for (const [field, value] of Object.entries(stage)) {
    if (value === undefined || known.has(field)) continue;
    reasons.push({ message: `${engine} does not support ${field}`, got: `${field}: ${JSON.stringify(value)}`, hint });
  }
  if (distill) reasons.push({ message: `${engine} does not support a teacher`, got: "distill after a growth", hint });
  if (until.kind === "tokens") return reasons;
  const message = `${engine} trains for a number of tokens known in advance`;
  return [...reasons, { message, got: `a growth by ${until.kind}`, expected: "at: tokens, or a share" }];
}
