// Constant folding and the few identities that gradient rules leave behind (x·1, x+0, reshape to the same shape).

import type { HostTensor, TensorType } from "../dtype.js";
import { sameType } from "../dtype.js";
import type { Graph, Node } from "../graph.js";
import { applyReference, refTensor, toHost } from "../reference.js";
import { numel } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { rewrite } from "./rewrite.js";

/** Constants above this many elements stay expressions: a graph is not a place for data. */
const foldLimit = 4096;

export function foldConstants(graph: Graph): Graph {
  const constants = new Map<number, HostTensor>();
  const scalar = (tensor: Tensor | undefined): number | undefined => {
    const held = tensor && constants.get(tensor.value.id);
    return held && held.data.length === 1 ? held.data[0] : undefined;
  };
  return rewrite(graph, (node, inputs, builder) => {
    const types = node.outputs.map(({ type }) => type);
    if (node.op.name === "constant") {
      const outputs = builder.apply(node.op, inputs, node.attrs);
      constants.set((outputs[0] as Tensor).value.id, node.attrs["value"] as HostTensor);
      return outputs;
    }
    const same = identity(node, inputs, types[0] as TensorType, scalar);
    if (same) return [same];
    const held = inputs.map((tensor) => constants.get(tensor.value.id));
    if (!foldable(node, held)) return null;
    return applyReference(node, (held as HostTensor[]).map(refTensor), "f32").map((result) => {
      const host = toHost(result);
      const tensor =
        host.shape.length === 0 ? builder.scalar(result.data[0] as number, host.dtype) : builder.constant(host);
      constants.set(tensor.value.id, host);
      return tensor;
    });
  });
}

function foldable(node: Node, held: readonly (HostTensor | undefined)[]): boolean {
  return held.length > 0 && held.every((x) => x) && node.outputs.every(({ type }) => numel(type.shape) <= foldLimit);
}

/** The input that the node only repeats, if there is one. */
function identity(
  node: Node,
  inputs: readonly Tensor[],
  type: TensorType,
  scalar: (tensor: Tensor | undefined) => number | undefined,
): Tensor | undefined {
  const [a, b] = inputs;
  const candidate = ((): Tensor | undefined => {
    switch (node.op.name) {
      case "mul":
        return scalar(b) === 1 ? a : scalar(a) === 1 ? b : undefined;
      case "add":
        return scalar(b) === 0 ? a : scalar(a) === 0 ? b : undefined;
      case "div":
        return scalar(b) === 1 ? a : undefined;
      case "sub":
        return scalar(b) === 0 ? a : undefined;
      case "reshape":
      case "broadcast":
      case "cast":
        return a;
      default:
        return undefined;
    }
  })();
  return candidate && sameType(candidate.type, type) ? candidate : undefined;
}
