// What a graph costs: exact floating-point operations and bytes moved, per node and in all.
import { GraphBuilder } from "./builder.js";
import { byteLength } from "./dtype.js";
import type { Graph, Node } from "./graph.js";
import { numel } from "./shape.js";

export interface Cost {
  /** Floating-point operations; a multiply-add counts 2. */
  readonly flops: number;
  /** Bytes read and written when every input and output passes through memory once. */
  readonly bytes: number;
}

export function nodeCost(node: Node): Cost {
  const bytes = [...node.inputs, ...node.outputs].reduce((sum, { type }) => sum + byteLength(type), 0);
  return { flops: nodeFlops(node), bytes };
}

export function graphCost(graph: Graph): Cost {
  return graph.nodes.map(nodeCost).reduce((a, b) => ({ flops: a.flops + b.flops, bytes: a.bytes + b.bytes }), {
    flops: 0,
    bytes: 0,
  });
}

function nodeFlops(node: Node): number {
  const types = node.inputs.map(({ type }) => type);
  const outputs = node.outputs.map(({ type }) => type);
  if (node.op.flops) return node.op.flops(types, node.attrs, outputs);
  if (!node.op.decompose) return outputs.reduce((sum, { shape }) => sum + numel(shape), 0);
  const builder = new GraphBuilder();
  node.op.decompose(
    types.map((type, i) => builder.input(String(i), type)),
    node.attrs,
  );
  return graphCost(builder.finish()).flops;
}
