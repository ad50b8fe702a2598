// What a graph costs: exact floating-point operations and bytes moved, per node and in total.
import { byteLength } from "./dtype.js";
import type { Graph, Node } from "./graph.js";
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
  return graph.nodes
    .map(nodeCost)
    .reduce(
      (a, b) => ({ flops: a.flops + b.flops, matrixFlops: a.matrixFlops + b.matrixFlops, bytes: a.bytes + b.bytes }),
      nothing,
    );
}

/** The cost of one application of `node`'s op. The bytes of a composite are those of its inputs and outputs alone. */
export function nodeCost(node: Node): Cost {
  const { op, attrs } = node;
  const types = node.inputs.map(({ type }) => type);
  const outputs = node.outputs.map(({ type }) => type);
  const inside = op.kind === "composite" && !(op.flops && op.matrix) ? graphCost(decomposition(op, node)) : undefined;
  const elements = outputs.reduce((sum, { shape }) => sum + numel(shape), 0);
  const flops = op.flops?.(types, attrs, outputs) ?? inside?.flops ?? elements;
  return {
    flops,
    matrixFlops: op.matrix ? flops : (inside?.matrixFlops ?? 0),
    bytes: [...types, ...outputs].reduce((sum, type) => sum + byteLength(type), 0),
  };
}
