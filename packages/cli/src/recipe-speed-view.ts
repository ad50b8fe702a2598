// Measured training speeds of a recipe as a table, and a sentence that says which flags would make it faster.

import { compact } from "@cambium/ir/figures";
import type { Recipe } from "@cambium/recipe";
import { auto, type Speed, type Unmeasured } from "@cambium/run";
import type { Precision } from "@cambium/train";

export interface RecipeChoice {
  readonly backend: string;
  readonly precision: Precision;
}

export function speedText(found: readonly (Speed | Unmeasured)[], own: RecipeChoice): string {
  const measured = found
    .filter((one): one is Speed => "tokensPerSecond" in one)
    .sort((a, b) => b.tokensPerSecond - a.tokensPerSecond);
  const missing = found.filter((one): one is Unmeasured => "reason" in one);
  const width = measured.reduce((most, { backend }) => Math.max(most, backend.length), 0);
  const [best] = measured;
  return [
    ...measured.map(
      ({ backend, precision, tokensPerSecond, device, remembered }) =>
        `  ${backend.padEnd(width)}  ${precision.padEnd(5)}  ${compact(tokensPerSecond).padStart(6)} tokens/s  (${device})${remembered ? ", measured before" : ""}`,
    ),
    ...missing.map(({ backend, reason }) => `  ${backend}: ${reason}`),
    best === undefined ? "No backend can train it here." : advice(best, measured, own),
  ].join("\n");
}

/** @param measured the fastest first */
function advice(best: Speed, measured: readonly Speed[], own: RecipeChoice): string {
  if (own.backend === auto) {
    const taken = measured.find(({ precision }) => precision === own.precision);
    const taking = taken ? `the run takes ${taken.backend}` : "no backend computes it";
    return `Fastest here: ${best.backend} in ${best.precision}. The recipe says backend: auto and ${own.precision}: ${taking}.`;
  }
  const mine = measured.find(({ backend, precision }) => backend === own.backend && precision === own.precision);
  if (mine === best) return `Fastest here is what the recipe says: ${best.backend} in ${best.precision}.`;
  const gain =
    mine &&
    `, ${(best.tokensPerSecond / mine.tokensPerSecond).toFixed(1)} times the recipe's ${own.backend} in ${own.precision}`;
  return (
    `Fastest here: ${best.backend} in ${best.precision}${gain ?? ""}. To train with it: --backend ${best.backend} ` +
    `--precision ${best.precision}. Nothing is switched automatically: the results would have other bits.`
  );
}

/** The recipe's precision, on the backend that would train it. */
export function choiceOf(recipe: Recipe, backend: string): RecipeChoice {
  return { backend, precision: recipe.train.precision };
}
