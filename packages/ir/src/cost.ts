// What a graph costs: exact floating-point operations and bytes moved, per node and in total.
import { byteLength } from "./dtype.js";
import type { CompositeOp, Graph, Node } from "./graph.js";
import { decomposition } from "./passes/decompose.js";
import { numel } from "./shape.js";

export interface Cost {
  /** Floating-point operations; a multiply-add counts 2. */
  readonly flops: number;
  /** The part of `flops` that is matrix work: products, attention, the loss projection (`OpFacts.matrix`). */
  readonly matrixFlops: number;
  /** Bytes read and written when every input and output passes through memory once. */
  readonly bytes: number;
}

const nothing: Cost = { flops: 0, matrixFlops: 0, bytes: 0 };

export function graphCost(graph: Graph): Cost {
  // A model has many layers of the same sizes.
  const insides = new Map<string, Cost>();
  return graph.nodes
    .map((node) => costOf(node, insides))
    .reduce(
      (a, b) => ({ flops: a.flops + b.flops, matrixFlops: a.matrixFlops + b.matrixFlops, bytes: a.bytes + b.bytes }),
      nothing,
    );
}

/** The cost of one application of `node`'s op. The bytes of a composite are those of its inputs and outputs alone. */
export function nodeCost(node: Node): Cost {
  return costOf(node, new Map());
}

/** @param insides costs of composites' decompositions so far, by op, attributes and types */
function costOf(node: Node, insides: Map<string, Cost>): Cost {
  const { op, attrs } = node;
  const types = node.inputs.map(({ type }) => type);
  const outputs = node.outputs.map(({ type }) => type);
  const inside = op.kind === "composite" && !(op.flops && op.matrix) ? insideCost(op, node, insides) : undefined;
  const elements = outputs.reduce((sum, { shape }) => sum + numel(shape), 0);
  const flops = op.flops?.(types, attrs, outputs) ?? inside?.flops ?? elements;
  return {
    flops,
    matrixFlops: op.matrix ? flops : (inside?.matrixFlops ?? 0),
    bytes: [...types, ...outputs].reduce((sum, type) => sum + byteLength(type), 0),
  };
}

function insideCost(op: CompositeOp, node: Node, insides: Map<string, Cost>): Cost {
  const key = JSON.stringify([op.name, node.attrs, node.inputs.map(({ type }) => type)]);
  const cost = insides.get(key) ?? graphCost(decomposition(op, node));
  insides.set(key, cost);
  return cost;
}
