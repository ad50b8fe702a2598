// What a graph's outputs must be on any device, and how far each element may be off. The conformance suite, kept cases
// and the search for faults share this one definition of agreement.
import type { HostTensor } from "./dtype.js";
import { errorBounds } from "./error-bounds.js";
import type { Graph, Node } from "./graph.js";
import { constant } from "./ops/constant.js";
import { decomposition } from "./passes/decompose.js";
import type { RefTensor } from "./ref-tensor.js";
import { applyReference, evaluate } from "./reference.js";
import { RoundingSpread } from "./rounding-spread.js";

/** A value in float64, and the largest error of any element, or of each. */
export interface Expectation {
  readonly exact: RefTensor;
  readonly allowed: number | Float64Array;
}

/**
 * What one node must return for `inputs`: a bound per element for a primitive, one bound per output for a composite.
 */
export function expectNode(node: Node, inputs: readonly RefTensor[]): readonly Expectation[] {
  const { op } = node;
  if (op.kind === "composite") {
    const named = Object.fromEntries(inputs.map((x, i) => [i, x]));
    const spread = new RoundingSpread(decomposition(op, node)).step(named);
    return node.outputs.map((_, i) => {
      const { exact, tolerance } = spread[i] as { exact: RefTensor; tolerance: number };
      return { exact, allowed: tolerance };
    });
  }
  const outputs = applyReference(node, inputs, "f64");
  const bounds = errorBounds(node, inputs, outputs);
  return outputs.map((exact, i) => ({ exact, allowed: bounds[i] as Float64Array }));
}

/** What `graph` must return for `inputs`. If it computes with one primitive only, the bounds are that primitive's. */
export function expectGraph(
  graph: Graph,
  inputs: Readonly<Record<string, RefTensor | HostTensor>>,
): Readonly<Record<string, Expectation>> {
  const computing = graph.nodes.filter((node) => !constant.is(node));
  const [only] = computing;
  if (computing.length === 1 && only?.op.kind === "primitive") {
    const found = new Map<number, Expectation>();
    evaluate(graph, inputs, {
      precision: "f64",
      instead: (node, outputs, operands) => {
        if (node !== only) return outputs;
        expectNode(node, operands).forEach((one, i) => found.set(node.outputs[i]?.id as number, one));
        return outputs;
      },
    });
    if (graph.outputs.every(({ value }) => found.has(value.id)))
      return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, found.get(value.id) as Expectation]));
  }
  const spread = new RoundingSpread(graph).step(inputs);
  return Object.fromEntries(
    Object.entries(spread).map(([name, { exact, tolerance }]) => [name, { exact, allowed: tolerance }]),
  );
}
