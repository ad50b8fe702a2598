// Rows that several parts of one expression read are computed once for all of them.
//
// Readers must keep one rule: every reader of a shared row maker asks for the same blocks in the same order, each block
// once. The parts of one tensor's expression do so, because the tensor is read in one sequence of blocks, and each part
// passes every block on. A reader that asks for other blocks still gets the right rows, but they are computed again for
// each reader.

import { release, storage } from "./storage.js";

type Rows = (start: number, end: number) => Promise<Float64Array>;

/** As in a `Value`. */
interface Shareable {
  readonly rows: Rows;
  readonly lend: (start: number, end: number, use: (rows: Float64Array) => void) => Promise<void>;
}

interface Shared {
  readonly value: Shareable;
  /** Number of parts that read it. */
  readers: number;
}

/** By a key that identifies the rows within one tensor's expression. */
export type SharedRows = Map<string, Shared>;

/**
 * A row maker shared by all parts of the expression with the same key. The latest block is cached until each reader has
 * taken it once; the last reader gets the storage itself.
 */
export function shareRows(shared: SharedRows, key: string, rows: Rows): Shareable {
  const known = shared.get(key);
  if (known) known.readers++;
  const one: Shared = known ?? { value: holdRows(rows, () => one.readers), readers: 1 };
  shared.set(key, one);
  return one.value;
}

function holdRows(rows: Rows, readers: () => number): Shareable {
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
      if (last) return made;
      const own = storage(made.length);
      own.set(made);
      return own;
    },
    lend: async (start, end, use) => {
      const { made, last } = await read(start, end);
      use(made);
      if (last) release(made);
    },
  };
}
