// Which of the target's query heads are new.
import type { WidthSizes } from "@cambium/growth";

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
