// Takes slices along an axis, with repeats, gaps of zeros and factors.
import type { Typed, TypedTake } from "../expr/typed.js";
import { addRows } from "./add-rows.js";
import { storage } from "./storage.js";
import { rowLength, type Scope, type Value, withRows } from "./value.js";

/**
 * Rows are read in one piece if that reads at most this many times the rows wanted: one long read beats many short
 * ones.
 */
const overRead = 4;

export function compileTake(expr: TypedTake, scope: Scope): Value {
  const { at, unit, indices, factors, elements, shape } = expr;
  const of = scope.compile(expr.of, scope);
  // On an inner dimension an index spans all entries of the dimensions after it.
  const span = unit * (at === 0 ? 1 : rowLength(of.shape.slice(at)));
  // Expanded only when rows are made: a plan has takes for every tensor, each with long lists.
  const lists = (): Lists => ({
    from: entriesOf(indices, span, "indices"),
    by: factors && entriesOf(factors, span, scope.power === 2 ? "squares" : "factors"),
  });
  const taken: Value = { shape, ...(at === 0 ? { rows: takeRows(of, lists) } : takeInner(of, at, lists)) };
  return elements ? timesElements(taken, elements, scope) : taken;
}

/** One entry per row of the first dimension; on an inner dimension, one per entry of a row. */
interface Lists {
  /** Index of its source; −1 for a zero. */
  readonly from: Int32Array;
  /** Its factor. */
  readonly by: Float64Array | undefined;
}

const entries = {
  indices: (index: number, span: number, i: number) => (index < 0 ? -1 : index * span + i),
  factors: (factor: number) => factor,
  squares: (factor: number) => factor ** 2,
};
type Kind = keyof typeof entries;

/** Expanded lists by list: a plan's tensors share lists, and each is used for block after block. */
const known = new WeakMap<readonly number[], Map<string, Int32Array | Float64Array>>();

/** The list with each entry expanded to `span` entries. */
function entriesOf(list: readonly number[], span: number, kind: "indices"): Int32Array;
function entriesOf(list: readonly number[], span: number, kind: "factors" | "squares"): Float64Array;
function entriesOf(list: readonly number[], span: number, kind: Kind): Int32Array | Float64Array {
  const made = known.get(list) ?? new Map<string, Int32Array | Float64Array>();
  known.set(list, made);
  const key = `${kind} ${span}`;
  const before = made.get(key);
  if (before) return before;
  const out = new (kind === "indices" ? Int32Array : Float64Array)(list.length * span);
  const entry = entries[kind];
  for (let i = 0; i < out.length; i++) out[i] = entry(list[Math.floor(i / span)] as number, span, i % span);
  made.set(key, out);
  return out;
}

function takeRows(of: Value, lists: () => Lists): Value["rows"] {
  const width = rowLength(of.shape);
  return async (start, end) => {
    const { from: indices, by: factors } = lists();
    const out = storage((end - start) * width);
    const wanted = indices.subarray(start, end);
    let [low, high, present] = [Number.POSITIVE_INFINITY, 0, 0];
    for (const index of wanted) {
      if (index < 0) continue;
      low = Math.min(low, index);
      high = Math.max(high, index + 1);
      present++;
    }
    // What is not taken is zero.
    if (present < wanted.length) out.fill(0);
    if (present > 0 && high - low <= overRead * wanted.length) {
      await withRows(of, low, high, (rows) => {
        for (let i = 0; i < wanted.length; i++) {
          const from = ((wanted[i] as number) - low) * width;
          if (from >= 0) out.set(rows.subarray(from, from + width), i * width);
        }
      });
    } else {
      for (let i = 0; i < wanted.length; ) {
        const first = wanted[i] as number;
        let run = 1;
        while (first >= 0 && wanted[i + run] === first + run) run++;
        if (first >= 0) await withRows(of, first, first + run, (rows) => out.set(rows, i * width));
        i += run;
      }
    }
    for (let i = 0; factors && i < wanted.length; i++) {
      const factor = factors[start + i] as number;
      for (let k = i * width; k < (i + 1) * width; k++) out[k] = (out[k] as number) * factor;
    }
    return out;
  };
}

/** Along an inner dimension: every row is gathered from the same row of `of`. */
function takeInner(of: Value, at: number, lists: () => Lists): Pick<Value, "rows" | "addTo"> {
  const size = rowLength(of.shape.slice(at - 1));
  const addTo: Value["addTo"] = async (out, factor, start, end) => {
    const { from, by } = lists();
    await withRows(of, start, end, (rows) => addRows(rows, size, from, by, factor, out));
  };
  const rows: Value["rows"] = async (start, end) => {
    const { from, by } = lists();
    const out = storage((rowLength(of.shape) / size) * (end - start) * from.length).fill(0);
    await withRows(of, start, end, (rows) => {
      for (let to = 0, first = 0; to < out.length; to += from.length, first += size)
        gather(rows, first, from, by, out, to);
    });
    return out;
  };
  return { rows, addTo };
}

function gather(
  rows: Float64Array,
  first: number,
  from: Int32Array,
  by: Float64Array | undefined,
  out: Float64Array,
  to: number,
): void {
  for (let i = 0; i < from.length; i++) {
    const index = from[i] as number;
    if (index >= 0) out[to + i] = rows[first + index] as number;
  }
  // Gaps are multiplied too: a negative factor makes their zero −0.
  if (by) for (let i = 0; i < by.length; i++) out[to + i] = (out[to + i] as number) * (by[i] as number);
}

/** `value` times an expression of its shape, element by element. */
function timesElements(value: Value, elements: Typed, scope: Scope): Value {
  const { power } = scope;
  const factors = scope.compile(elements, { ...scope, power: 1 });
  const rows: Value["rows"] = async (start, end) => {
    const out = await value.rows(start, end);
    await withRows(factors, start, end, (by) => {
      for (let i = 0; i < out.length; i++)
        out[i] = (out[i] as number) * (power === 1 ? (by[i] as number) : (by[i] as number) ** power);
    });
    return out;
  };
  return { shape: value.shape, rows };
}
