// Lists of layers that depth operators make: for each target layer the base layer that it copies. All grow `base` layers
// to `target`, and keep every layer of the base.
import { depthError } from "./depth.js";

/** The whole base again and again: t mod l. What is left after whole copies is filled from the top of the base. */
export function stackedLayers(base: number, target: number): number[] {
  const rest = target % base;
  return listed(target, (t) => (t < target - rest ? t % base : base - target + t));
}

/** Every layer repeated in place: ⌊t l / L⌋. */
export function interpolatedLayers(base: number, target: number): number[] {
  return listed(target, (t) => Math.floor((t * base) / target));
}

/** The repeats spread evenly, each after the layer that it copies: ⌈(t + 1) l / L⌉ − 1. */
export function interleavedLayers(base: number, target: number): number[] {
  return listed(target, (t) => Math.ceil(((t + 1) * base) / target) - 1);
}

/** The base, and on top of it its topmost layers again, as often as it takes. */
export function toppedLayers(base: number, target: number): number[] {
  return listed(target, (t) => (t < base ? t : base - 1 - ((target - 1 - t) % base)));
}

/**
 * A repeat after each group of ⌊l / (L − l)⌋ layers, until all are placed: the rule of LLaMA Pro's code (Wu et al.
 * 2024).
 * @throws CambiumError `E_GROWTH_LAYERS` if the groups make another number of layers.
 */
export function groupedLayers(base: number, target: number): number[] {
  const fresh = target - base;
  const group = fresh === 0 ? 0 : Math.floor(base / fresh);
  if (fresh > 0 && Math.floor(base / group) !== fresh) {
    const expected = `⌊${base} / ⌊${base} / n⌋⌋ = n for n new layers`;
    throw depthError("the groups do not make that many new layers", { expected, got: `n = ${fresh}` });
  }
  return listed(base, (i) => i).flatMap((i) => ((i + 1) % group === 0 && (i + 1) / group <= fresh ? [i, i] : [i]));
}

/**
 * Each layer once, then the topmost L − l twice each (LEMON, Wang et al. 2024).
 * @throws CambiumError `E_GROWTH_LAYERS` for more than twice the layers.
 */
export function pairedLayers(base: number, target: number): number[] {
  if (target > 2 * base)
    throw depthError("each layer has one copy at most", { expected: `at most ${2 * base} layers`, got: `${target}` });
  const single = 2 * base - target;
  return listed(target, (t) => (t < single ? t : single + Math.floor((t - single) / 2)));
}

/** The target layers that are copies once more: their base layer already stands further down. */
export function repeatedLayers(layers: readonly number[]): ReadonlySet<number> {
  return new Set(layers.flatMap((from, t) => (layers.indexOf(from) < t ? [t] : [])));
}

/**
 * How often `each` layers are repeated so that, with `once` others, they make `target`.
 * @throws CambiumError `E_GROWTH_LAYERS`, with the depths beside it, unless that is a whole number of times.
 */
export function wholeRepeats(
  base: number,
  target: number,
  { once, each }: { readonly once: number; readonly each: number },
): number {
  const repeats = (target - once) / each;
  if (Number.isInteger(repeats) && repeats >= 1) return repeats;
  const beside = [Math.floor(repeats), Math.ceil(repeats)].map((k) => once + k * each).filter((n) => n > base);
  throw depthError("the target is not a whole number of repeats", {
    expected: `${once} + k·${each} layers, k whole`,
    got: `${target} (k = ${Number(repeats.toPrecision(4))})`,
    hint: `layers: ${beside.join(" or ") || once + Math.ceil((base + 1 - once) / each) * each}`,
  });
}

function listed(length: number, layer: (t: number) => number): number[] {
  return Array.from({ length }, (_, t) => layer(t));
}
