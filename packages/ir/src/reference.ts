// The reference evaluator: interprets a graph with plain float64 loops. Slow, obvious, the oracle for every backend.

import { GraphBuilder } from "./builder.js";
import { allocate, formatType, type HostTensor, isFloat, sameType, type TensorType } from "./dtype.js";
import { CambiumError } from "./errors.js";
import { fromBf16, fromF16, toBf16, toF16 } from "./float16.js";
import type { Graph, Node } from "./graph.js";
import { numel } from "./shape.js";

/** A tensor of the evaluator. Every dtype is held as float64; integers and bools are exact in it. */
export interface RefTensor {
  readonly type: TensorType;
  readonly data: Float64Array;
}

export interface EvaluateOptions {
  /**
   * `f32` (default) rounds every value as a device would; `f64` keeps floats in full precision, for finite differences:
   * there only a cast to f16 or bf16 rounds.
   */
  readonly precision?: "f32" | "f64";
  /** Called after each node, for tracing. */
  readonly onNode?: (node: Node, outputs: readonly RefTensor[]) => void;
}

const round: Record<TensorType["dtype"], (x: number) => number> = {
  f32: Math.fround,
  i32: (x) => x | 0,
  bool: (x) => (x === 0 ? 0 : 1),
  f16: (x) => fromF16(toF16(x)),
  bf16: (x) => fromBf16(toBf16(x)),
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
    const outputs = applyReference(
      node,
      node.inputs.map((value) => values.get(value.id) as RefTensor),
      precision,
    );
    node.outputs.forEach((value, i) => values.set(value.id, outputs[i] as RefTensor));
    options.onNode?.(node, outputs);
  }
  return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, values.get(value.id) as RefTensor]));
}

/** Evaluates one node; composites through their decomposition. */
export function applyReference(node: Node, inputs: readonly RefTensor[], precision: "f32" | "f64"): RefTensor[] {
  if (!node.op.evaluate) return evaluateDecomposed(node, inputs, precision);
  const results = node.op.evaluate(inputs, node.attrs);
  return node.outputs.map(({ type }, i) => {
    const data = results[i] as Float64Array;
    const exact = isFloat(type.dtype) && precision === "f64";
    return { type, data: exact ? data : data.map(round[type.dtype]) };
  });
}

function evaluateDecomposed(node: Node, inputs: readonly RefTensor[], precision: "f32" | "f64"): RefTensor[] {
  const builder = new GraphBuilder();
  const operands = inputs.map((input, i) => builder.input(String(i), input.type));
  const results = node.op.decompose?.(operands, node.attrs) ?? [];
  results.forEach((tensor, i) => builder.output(String(i), tensor));
  const outputs = evaluate(builder.finish(), Object.fromEntries(inputs.map((x, i) => [i, x])), { precision });
  return results.map((_, i) => outputs[i] as RefTensor);
}

/** A host tensor as the evaluator holds it. */
export function refTensor(host: HostTensor): RefTensor {
  const decode = host.dtype === "f16" ? fromF16 : host.dtype === "bf16" ? fromBf16 : undefined;
  const data = Float64Array.from(host.data as ArrayLike<number>);
  return { type: { dtype: host.dtype, shape: host.shape }, data: decode ? data.map(decode) : data };
}

/** An evaluator tensor as host memory, rounded to its dtype. */
export function toHost(ref: RefTensor): HostTensor {
  const { dtype, shape } = ref.type;
  const data = allocate(dtype, ref.data.length);
  data.set(dtype === "f16" ? ref.data.map(toF16) : dtype === "bf16" ? ref.data.map(toBf16) : ref.data);
  return { dtype, shape, data } as HostTensor;
}
