// Rows that several parts of one expression read, made once for all of them.
import type { Value } from "./value.js";

type Shareable = Required<Pick<Value, "rows" | "lent">>;

interface Shared {
  readonly value: Shareable;
  /** Parts that read it. */
  readers: number;
}

/** By what identifies the rows within the expression of one tensor. */
export type SharedRows = Map<string, Shared>;

/**
 * `rows`, or with another part of the same expression that has the key the rows made for that one. The last block is held
 * until as many have read it as there are parts; the last of them gets the storage itself.
 */
export function shareRows(shared: SharedRows, key: string, rows: Value["rows"]): Shareable {
  const known = shared.get(key);
  if (known) known.readers++;
  const one: Shared = known ?? { value: holdRows(rows, () => one.readers), readers: 1 };
  shared.set(key, one);
  return one.value;
}

function holdRows(rows: Value["rows"], readers: () => number): Shareable {
  let held: { readonly start: number; readonly end: number; readonly made: Promise<Float64Array> } | undefined;
  let left = 0;
  const read = async (start: number, end: number): Promise<{ made: Float64Array; last: boolean }> => {
    if (held?.start !== start || held.end !== end) {
      held = { start, end, made: rows(start, end) };
      left = readers();
    }
    const { made } = held;
    left--;
    if (left === 0) held = undefined;
    return { made: await made, last: left === 0 };
  };
  return {
    rows: async (start, end) => {
      const { made, last } = await read(start, end);
      return last ? made : made.slice();
    },
    lent: async (start, end) => (await read(start, end)).made,
  };
}
