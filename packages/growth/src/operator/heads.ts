// Where new query heads stand when heads are added.
import type { Reason } from "@cambium/ir";
import type { WidthSizes } from "./width.js";

/**
 * For each query head of the target the base head it is; new heads are numbered from `base.heads` on. Old heads stay
 * with their key/value head, which may get further query heads.
 */
export function headOrder(base: WidthSizes, target: WidthSizes): number[] {
  const [group, wide] = [base.heads / base.kvHeads, target.heads / target.kvHeads];
  let next = base.heads;
  return Array.from({ length: target.heads }, (_, j) => {
    const [u, w] = [Math.floor(j / wide), j % wide];
    return u < base.kvHeads && w < group ? u * group + w : next++;
  });
}

/** The ranges [start, end) of indices whose entry in `order` is at least `first`. */
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

/** The reason why old query heads cannot stay with their key/value heads, if any: a key/value head may not lose any. */
export function headObjections({ from, to }: { readonly from: WidthSizes; readonly to: WidthSizes }): Reason[] {
  const [group, wide] = [from.heads / from.kvHeads, to.heads / to.kvHeads];
  if (wide >= group) return [];
  const got = `${to.heads} over ${to.kvHeads}`;
  const expected = `at least ${group} query heads over each key/value head`;
  return [{ where: "heads", message: "too few for old heads to keep their key/value heads", expected, got }];
}
