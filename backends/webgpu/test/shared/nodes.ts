// Nodes for tests of single kernels, and inputs for them.
import { drawn, GraphBuilder, type HostTensor, materialize, type Node } from "@cambium/ir";

/** The nodes that `build` appends, in order. */
export function nodesOf(build: (builder: GraphBuilder) => void): readonly Node[] {
  const builder = new GraphBuilder();
  build(builder);
  return builder.finish().nodes;
}

/** Drawn f32 inputs of the node's shapes. */
export function drawnInputs(node: Pick<Node, "inputs">, seed: string): HostTensor[] {
  return materialize({ inputs: node.inputs.map(({ type }) => drawn("f32", type.shape)) }, seed);
}
