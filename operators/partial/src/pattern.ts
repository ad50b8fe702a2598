// The patterns of partial stacking: their grammar, and the layers that a pattern gives at a depth.
import { depthError } from "@cambium/growth";
import { CambiumError } from "@cambium/ir";

/** Digits of a pattern stand for sixths of the base. */
const parts = 6;

/** A contiguous run of sixths, first and last, counted from 1. */
interface Run {
  readonly first: number;
  readonly last: number;
}

/** `[prefix-]middle x repeats[-suffix]`. */
export interface PartialPattern {
  readonly prefix: Run | null;
  readonly middle: Run;
  readonly suffix: Run | null;
  /** Repeats of the middle as in the paper, for a base of 6 layers and a target of 24. */
  readonly repeats: number;
}

/**
 * Reads a pattern of Du et al. 2024, Table 5, with `x` for the paper's `*`: `12-3456x5-56` is sixths 1 and 2, five
 * times 3 to 6, then 5 and 6 again.
 * @throws CambiumError `E_GROWTH_PATTERN` for text that is not a pattern, or whose pattern does not make 24 layers of
 * 6.
 */
export function parsePartialPattern(pattern: string): PartialPattern {
  const fail = (message: string, got: string) => {
    const expected = "[prefix-]MIDDLExTIMES[-suffix], each a run of digits from 1 to 6: 12-3456x5-56";
    return new CambiumError("E_GROWTH_PATTERN", message, { where: `pattern "${pattern}"`, expected, got });
  };
  const match = /^(?:([1-6]+)-)?([1-6]+)x([1-9]\d*)(?:-([1-6]+))?$/.exec(pattern);
  if (match === null) throw fail("is not a pattern of partial stacking", pattern);
  const [, before, repeated = "", times, after] = match;
  const run = (digits: string): Run => {
    const [first, last] = [Number(digits[0]), Number(digits.at(-1))];
    const ascending = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i).join("");
    if (digits !== ascending) throw fail("a group is not a run of neighbouring sixths", digits);
    return { first, last };
  };
  const read = {
    prefix: before === undefined ? null : run(before),
    middle: run(repeated),
    suffix: after === undefined ? null : run(after),
    repeats: Number(times),
  };
  const layers = size(read.prefix) + read.repeats * size(read.middle) + size(read.suffix);
  if (layers !== 4 * parts) throw fail(`does not make ${4 * parts} layers of ${parts}`, `${layers}`);
  return read;
}

/**
 * The layers of a partial stack: prefix, k times the middle, suffix, a sixth being u = base / 6 layers and
 * k = (target − P − S) / M, where P, M, S are the layers of prefix, middle and suffix.
 * @returns for each target layer its base layer, 0-based
 * @throws CambiumError `E_GROWTH_LAYERS` for a base whose layers are not a multiple of 6, a target that is not deeper,
 * or a target for which k is not a whole number ≥ 1.
 */
export function partialLayers({ prefix, middle, suffix }: PartialPattern, base: number, target: number): number[] {
  if (base % parts !== 0) {
    const near = Math.max(1, Math.round(base / parts)) * parts;
    throw depthError("the base cannot be divided into sixths", {
      expected: `a multiple of ${parts} layers`,
      got: `${base}`,
      hint: `a base of ${near} layers, or another operator`,
    });
  }
  if (target <= base)
    throw depthError("there is nothing to grow", { expected: `more than ${base} layers`, got: `${target}` });
  const unit = base / parts;
  const once = (size(prefix) + size(suffix)) * unit;
  const step = size(middle) * unit;
  const repeats = (target - once) / step;
  if (!Number.isInteger(repeats) || repeats < 1) {
    const reachable = [Math.floor(repeats), Math.ceil(repeats)].map((k) => once + k * step).filter((n) => n > base);
    throw depthError("the target is not a whole number of repeats", {
      expected: `${once} + k·${step} layers, k whole`,
      got: `${target} (k = ${Number(repeats.toPrecision(4))})`,
      hint: `layers: ${reachable.join(" or ") || once + Math.ceil((base + 1 - once) / step) * step}`,
    });
  }
  const layersOf = (run: Run | null) =>
    run === null ? [] : Array.from({ length: size(run) * unit }, (_, i) => (run.first - 1) * unit + i);
  const repeated = layersOf(middle);
  return [...layersOf(prefix), ...Array.from({ length: repeats }, () => repeated).flat(), ...layersOf(suffix)];
}

function size(run: Run | null): number {
  return run === null ? 0 : run.last - run.first + 1;
}
