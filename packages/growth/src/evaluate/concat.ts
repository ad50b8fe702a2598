// Joins tensors end to end along an axis.
import { numel } from "@cambium/ir";
import type { TypedConcat } from "../expr/typed.js";
import { storage } from "./storage.js";
import { rowLength, type Scope, type Value, withRows } from "./value.js";

export function compileConcat({ parts, at, shape }: TypedConcat, scope: Scope): Value {
  const values = parts.map((part) => scope.compile(part, scope));
  return { shape, rows: at === 0 ? joinRows(values) : joinInner(values, at, shape[at] as number) };
}

function joinRows(parts: readonly Value[]): Value["rows"] {
  return async (start, end) => {
    const width = rowLength((parts[0] as Value).shape);
    const out = storage((end - start) * width);
    let offset = 0;
    for (const part of parts) {
      const count = part.shape[0] as number;
      const from = Math.max(start, offset);
      const to = Math.min(end, offset + count);
      if (from < to) await withRows(part, from - offset, to - offset, (rows) => out.set(rows, (from - start) * width));
      offset += count;
    }
    return out;
  };
}

function joinInner(parts: readonly Value[], at: number, size: number): Value["rows"] {
  return async (start, end) => {
    const inner = rowLength((parts[0] as Value).shape.slice(at));
    const outer = (end - start) * numel((parts[0] as Value).shape.slice(1, at));
    const out = storage(outer * size * inner);
    let offset = 0;
    for (const part of parts) {
      const length = (part.shape[at] as number) * inner;
      await withRows(part, start, end, (rows) => {
        for (let o = 0; o < outer; o++) out.set(rows.subarray(o * length, (o + 1) * length), o * size * inner + offset);
      });
      offset += length;
    }
    return out;
  };
}
