// Rows that several parts of one expression read, made once for all of them.
import type { Value } from "./value.js";

interface Shared {
  readonly rows: Value["rows"];
  /** Parts that read these rows. */
  readers: number;
}

/** By what identifies the rows within the expression of one tensor. */
export type SharedRows = Map<string, Shared>;

/**
 * `rows`, or with another part of the same expression that has the key the rows made for that one. The last block is held
 * until as many have read it as there are parts; the last of them gets the storage itself.
 */
export function shareRows(shared: SharedRows, key: string, rows: Value["rows"]): Value["rows"] {
  const known = shared.get(key);
  if (known) known.readers++;
  const one: Shared = known ?? { rows: holdRows(rows, () => one.readers), readers: 1 };
  shared.set(key, one);
  return one.rows;
}

function holdRows(rows: Value["rows"], readers: () => number): Value["rows"] {
  let held: { readonly start: number; readonly end: number; readonly made: Promise<Float64Array> } | undefined;
  let left = 0;
  return async (start, end) => {
    if (readers() === 1) return rows(start, end);
    if (held?.start !== start || held.end !== end) {
      held = { start, end, made: rows(start, end) };
      left = readers();
    }
    const { made } = held;
    left--;
    if (left > 0) return (await made).slice();
    held = undefined;
    return made;
  };
}
