// The reference evaluator: interprets a graph with plain float64 loops. Slow and simple; every backend is compared with
// it.
import { formatType, type HostTensor, isFloat, sameType, type TensorType } from "./dtype.js";
import { CambiumError } from "./errors.js";
import type { Graph, Node } from "./graph.js";
import { roundHalf } from "./half.js";
import { decomposition } from "./passes/decompose.js";
import { type RefTensor, refTensor } from "./ref-tensor.js";
import { numel } from "./shape.js";

export interface EvaluateOptions {
  /**
   * `f32` (default) rounds every value as a device would. `f64` keeps floats in float64, for finite differences; only
   * casts to f16 and bf16 round.
   */
  readonly precision?: "f32" | "f64";
  /** Called after each node, with its outputs. */
  readonly onNode?: (node: Node, outputs: readonly RefTensor[]) => void;
  /** Called after each node; what it returns replaces the node's outputs. Used to inject errors. */
  readonly instead?: (node: Node, outputs: readonly RefTensor[], inputs: readonly RefTensor[]) => readonly RefTensor[];
}

const round: Record<TensorType["dtype"], (x: number) => number> = {
  f32: Math.fround,
  i32: (x) => x | 0,
  bool: (x) => (x === 0 ? 0 : 1),
  ...roundHalf,
};

/**
 * Evaluates `graph` on `inputs` by name.
 * @throws CambiumError `E_INPUT` when an input is missing or does not fit, `E_INDEX` when an index is out of range.
 */
export function evaluate(
  graph: Graph,
  inputs: Readonly<Record<string, RefTensor | HostTensor>>,
  options: EvaluateOptions = {},
): Record<string, RefTensor> {
  const precision = options.precision ?? "f32";
  const values = new Map<number, RefTensor>();
  for (const { name, value } of graph.inputs) {
    const given = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    const held = given && ("type" in given ? given : refTensor(given));
    if (!held || !sameType(held.type, value.type) || held.data.length !== numel(value.type.shape)) {
      throw new CambiumError("E_INPUT", `graph input "${name}" does not fit`, {
        expected: formatType(value.type),
        got: held ? `${formatType(held.type)} of ${held.data.length} elements` : "nothing",
      });
    }
    values.set(value.id, held);
  }
  for (const node of graph.nodes) {
    const operands = node.inputs.map((value) => values.get(value.id) as RefTensor);
    const computed = applyReference(node, operands, precision);
    const outputs = options.instead?.(node, computed, operands) ?? computed;
    node.outputs.forEach((value, i) => values.set(value.id, outputs[i] as RefTensor));
    options.onNode?.(node, outputs);
  }
  return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, values.get(value.id) as RefTensor]));
}

/** Evaluates one node; a composite is evaluated through its decomposition. */
export function applyReference(node: Node, inputs: readonly RefTensor[], precision: "f32" | "f64"): RefTensor[] {
  const { op, attrs } = node;
  if (op.kind === "composite") {
    const named = Object.fromEntries(inputs.map((x, i) => [i, x]));
    const outputs = evaluate(decomposition(op, node), named, { precision });
    return node.outputs.map((_, i) => outputs[i] as RefTensor);
  }
  const results = op.evaluate(inputs, attrs);
  return node.outputs.map(({ type }, i) => {
    const data = results[i] as Float64Array;
    const exact = isFloat(type.dtype) && precision === "f64";
    return { type, data: exact ? data : data.map(round[type.dtype]) };
  });
}
