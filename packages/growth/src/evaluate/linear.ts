// Sums of tensors with factors.
import { addMultiple } from "@cambium/ir";
import { storage } from "./storage.js";
import { rowLength, type Value, withRows } from "./value.js";

/** Σ factor · value. For second moments the gradients are taken as independent, so that there are no cross terms. */
export function combine(shape: readonly number[], values: readonly Value[], factors: readonly number[]): Value {
  const [only, ...others] = values as readonly [Value, ...Value[]];
  // A single scaled term keeps the sign of −0, as a factor on a stored tensor does. A sum begins with 0, so none is −0.
  return { shape, rows: others.length === 0 ? scaled(only, factors[0] as number) : summed(shape, values, factors) };
}

function scaled(value: Value, factor: number): Value["rows"] {
  return async (start, end) => {
    const out = await value.rows(start, end);
    for (let i = 0; i < out.length; i++) out[i] = factor * (out[i] as number);
    return out;
  };
}

function summed(shape: readonly number[], values: readonly Value[], factors: readonly number[]): Value["rows"] {
  const width = rowLength(shape);
  return async (start, end) => {
    const out = storage((end - start) * width).fill(0);
    for (const [k, value] of values.entries()) {
      const by = factors[k] as number;
      if (value.addTo) await value.addTo(out, by, start, end);
      else await withRows(value, start, end, (rows) => addMultiple(out, 0, rows, 0, out.length, by));
    }
    return out;
  };
}
