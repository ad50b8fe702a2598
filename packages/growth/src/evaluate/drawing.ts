// How the numbers of a normal leaf are drawn, for rows on the host and for inputs of a plan's graph alike.
import { Random } from "@cambium/ir";
import type { TypedNormal } from "../expr/typed.js";

/** Fills its argument with the leaf's entries from the flat index `first` on. */
export function drawing({ std, seed, initial }: TypedNormal): (out: Float64Array, first: number) => void {
  const random = new Random(seed);
  if (!initial) return (out, first) => random.noise(out, first, std);
  return (out, first) => {
    for (let i = 0; i < out.length; i++) out[i] = std * random.normal(first + i);
  };
}

/** Leaves with one key hold the same numbers. */
export function drawingKey({ std, seed, shape, initial }: TypedNormal): string {
  return `${initial ? "initial" : "noise"}:${std}:${seed}:${shape.join("x")}`;
}
