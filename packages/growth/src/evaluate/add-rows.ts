// Adds gathered rows to other rows. A sum of takes does this to every number, so it has to be fast. Consecutive entries
// that come from consecutive entries, with one factor, form a run, which needs no index per entry.
import { addMultiple } from "@cambium/ir";

/**
 * Entries `to` (inclusive) to `end` (exclusive) of a row are those `shift` further on in the source row, times `by`.
 */
interface Run {
  readonly to: number;
  readonly end: number;
  readonly shift: number;
  readonly by: number;
}

/** The average length of runs from which they are faster than looking up each index. */
const longEnough = 8;

/** Runs by list of indices. Lists live as long as the plan, and are used for block after block. */
const known = new WeakMap<Int32Array, { readonly by: Float64Array | undefined; readonly runs: readonly Run[] }>();

/**
 * Adds `factor` times the entries `from` of each row of `rows` to the row of `out`. Gaps (−1) add nothing: that equals
 * adding a zero, because a sum that began with 0 is never −0.
 * @param size entries in a row of `rows`; a row of `out` has `from.length`.
 * @param by a factor for each entry of a row of `out`.
 */
export function addRows(
  rows: Float64Array,
  size: number,
  from: Int32Array,
  by: Float64Array | undefined,
  factor: number,
  out: Float64Array,
): void {
  const width = from.length;
  const runs = runsOf(from, by);
  for (let to = 0, first = 0; to < out.length; to += width, first += size) {
    if (runs.length * longEnough > width) addIndices(rows, first, from, by, factor, out, to);
    else for (const run of runs) addRun(rows, first + run.shift, run, factor, out, to);
  }
}

function runsOf(from: Int32Array, by: Float64Array | undefined): readonly Run[] {
  const before = known.get(from);
  if (before && before.by === by) return before.runs;
  const runs: Run[] = [];
  for (let to = 0; to < from.length; ) {
    const first = from[to] as number;
    let end = to + 1;
    while (
      end < from.length &&
      (first < 0 ? from[end] === first : from[end] === first + end - to) &&
      by?.[end] === by?.[to]
    )
      end++;
    if (first >= 0) runs.push({ to, end, shift: first - to, by: by?.[to] ?? 1 });
    to = end;
  }
  known.set(from, { by, runs });
  return runs;
}

function addRun(
  rows: Float64Array,
  first: number,
  { to, end, by }: Run,
  factor: number,
  out: Float64Array,
  at: number,
): void {
  // Multiplying by 1 changes no bit.
  if (by === 1 || factor === 1) addMultiple(out, at + to, rows, first + to, end - to, by * factor);
  else
    for (let i = to; i < end; i++) out[at + i] = (out[at + i] as number) + factor * ((rows[first + i] as number) * by);
}

function addIndices(
  rows: Float64Array,
  first: number,
  from: Int32Array,
  by: Float64Array | undefined,
  factor: number,
  out: Float64Array,
  to: number,
): void {
  for (let i = 0; i < from.length; i++) {
    const index = from[i] as number;
    if (index < 0) continue;
    const taken = rows[first + index] as number;
    out[to + i] = (out[to + i] as number) + factor * (by ? taken * (by[i] as number) : taken);
  }
}
