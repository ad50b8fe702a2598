// Sizes after growth, and which of the target's query heads are new.
import { sizesError } from "@cambium/growth";
import { type ModelSpec, sizesAlong } from "@cambium/model";
import type { Options } from "./options.js";

const widths = ["hidden", "heads", "kvHeads", "intermediate"] as const;
const sizes = [...widths, "layers"] as const;
export type Sizes = Readonly<Record<(typeof sizes)[number], number>>;

/** Where neither a factor nor a size is given. */
const defaultFactor = 2;

/** @throws CambiumError `E_FAMILY_AXIS` for a family that does not name them all. */
export function baseSizes(base: ModelSpec): Sizes {
  return sizesAlong(base, sizes);
}

/**
 * @throws CambiumError `E_GROWTH_SIZES` for a size that shrinks or is not whole, a factor beside sizes, heads that
 * kvHeads do not divide, and key/value heads that would take query heads away from the old ones.
 */
export function targetSizes(base: Sizes, { factor, ...given }: Options): Sizes {
  const sized = sizes.some((size) => given[size] !== undefined);
  if (sized && factor !== undefined) {
    const expected = "a factor, or sizes";
    throw sizesError("the options do not say one size", { expected, got: `factor ${factor} and sizes` });
  }
  const scaled = (size: number) => Number(((factor ?? defaultFactor) * size).toPrecision(12));
  const target = Object.fromEntries(
    sizes.map((size) => [size, given[size] ?? (sized || size === "layers" ? base[size] : scaled(base[size]))]),
  ) as Sizes;
  const reasons = sizes.flatMap((where) => {
    const got = `${target[where]}`;
    if (!Number.isInteger(target[where])) return [{ where, message: "is not whole", expected: "an integer", got }];
    if (target[where] >= base[where]) return [];
    return [{ where, message: "growing does not take away", expected: `at least ${base[where]}`, got }];
  });
  const [group, wide] = [base.heads / base.kvHeads, target.heads / target.kvHeads];
  if (!Number.isInteger(wide) || wide < group) {
    const got = `${target.heads} over ${target.kvHeads}`;
    const expected = `a multiple of kvHeads, at least ${group} query heads over each`;
    reasons.push({ where: "heads", message: "do not leave the old ones their key/value heads", expected, got });
  }
  if (reasons.length > 0) throw sizesError("the base cannot grow to these sizes", { reasons });
  return target;
}

/**
 * For each query head of the target the base's, new heads numbered on from the base's last: old heads stay with their
 * key/value head, each of which may get more.
 */
export function headOrder(base: Sizes, target: Sizes): number[] {
  const [group, wide] = [base.heads / base.kvHeads, target.heads / target.kvHeads];
  let next = base.heads;
  return Array.from({ length: target.heads }, (_, j) => {
    const [u, w] = [Math.floor(j / wide), j % wide];
    return u < base.kvHeads && w < group ? u * group + w : next++;
  });
}

/** Runs of indices whose entry is at least `first`, as ranges. */
export function newRanges(order: readonly number[], first: number): [number, number][] {
  const ranges: [number, number][] = [];
  order.forEach((from, j) => {
    const last = ranges.at(-1);
    if (from < first) return;
    if (last?.[1] === j) last[1] = j + 1;
    else ranges.push([j, j + 1]);
  });
  return ranges;
}
