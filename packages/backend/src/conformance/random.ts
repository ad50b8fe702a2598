// Random graphs for property tests of a backend: `randomGraph(fc)`, for use with `assertAgrees`.
import { type DType, graphFromChoices, printGraph, type RandomGraph } from "@cambium/ir";
import type * as FastCheck from "fast-check";

/**
 * Graphs of up to `maxOps` ops with inputs, built from the ops' samples of the given dtypes (see `graphFromChoices`).
 * @example await fc.assert(fc.asyncProperty(randomGraph(fc), ({ graph, inputs }) => assertAgrees(device, graph,
 * inputs)));
 */
export function randomGraph(
  fc: Pick<typeof FastCheck, "array" | "nat">,
  maxOps = 16,
  dtypes?: readonly DType[],
): FastCheck.Arbitrary<RandomGraph> {
  return fc.array(fc.nat(), { minLength: 1, maxLength: maxOps }).map((choices) => {
    const made = graphFromChoices(choices, undefined, dtypes);
    return Object.assign(made, { [shown]: () => `choices ${JSON.stringify(choices)}\n${printGraph(made.graph)}` });
  });
}

/** The method by which fast-check prints a counterexample. */
const shown = Symbol.for("fast-check/toStringMethod");
