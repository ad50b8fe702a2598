// The sizes that a growth changed, in words.
import type { StageManifest } from "@cambium/run-format";
import * as format from "./format.js";

type Sizes = StageManifest["model"];

const named = [
  ["layers", "layers"],
  ["hidden", "channels"],
  ["intermediate", "neurons"],
  ["heads", "heads"],
  ["kvHeads", "key/value heads"],
] as const satisfies readonly (readonly [keyof Sizes, string])[];

/** E.g. `["6 → 24 layers"]`; empty if no size changed. The base's sizes may be unknown. */
export function sizeChanges(base: Sizes | undefined, target: Sizes): string[] {
  if (base === undefined) return [`→ ${format.layers(target.layers)}`];
  return named.flatMap(([size, name]) =>
    base[size] === target[size] ? [] : [`${base[size]} → ${target[size]} ${name}`],
  );
}
