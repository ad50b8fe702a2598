// Sums of tensors with factors.
import { rowLength, type Value } from "./value.js";

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
    const out = new Float64Array((end - start) * width);
    for (const [k, value] of values.entries()) {
      const by = factors[k] as number;
      if (value.addTo) await value.addTo(out, by, start, end);
      else {
        const rows = await (value.lent ?? value.rows)(start, end);
        for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + by * (rows[i] as number);
      }
    }
    return out;
  };
}
