// Query heads when heads are added: which of the target are new.
import type { Reason } from "@cambium/ir";
import type { WidthSizes } from "./width.js";

/**
 * For each query head of the target the base's, new heads numbered on from the base's last: old heads stay with their
 * key/value head, each of which may get more.
 */
export function headOrder(base: WidthSizes, target: WidthSizes): number[] {
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

/** Why old query heads could not stay with their key/value heads, each of which may only get more. */
export function headObjections({ from, to }: { readonly from: WidthSizes; readonly to: WidthSizes }): Reason[] {
  const [group, wide] = [from.heads / from.kvHeads, to.heads / to.kvHeads];
  if (wide >= group) return [];
  const got = `${to.heads} over ${to.kvHeads}`;
  const expected = `at least ${group} query heads over each key/value head`;
  return [{ where: "heads", message: "do not leave the old ones their key/value heads", expected, got }];
}
