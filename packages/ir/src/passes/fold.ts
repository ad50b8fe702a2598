// Constant folding and the few identities that gradient rules leave behind (x·1, x+0, reshape to the same shape).

import { type HostTensor, sameType, type TensorType } from "../dtype.js";
import type { Graph, Node, Tensor } from "../graph.js";
import { constant } from "../ops/constant.js";
import { refTensor, toHost } from "../ref-tensor.js";
import { applyReference } from "../reference.js";
import { numel } from "../shape.js";
import { rewrite } from "./rewrite.js";

/** Results above this many elements are not folded: a graph is not a place for data. */
const foldLimit = 4096;

export function foldConstants(graph: Graph): Graph {
  const constants = new Map<number, HostTensor>();
  return rewrite(graph, (node, inputs, builder) => {
    if (constant.is(node)) {
      const outputs = builder.apply(node.op, inputs, node.attrs);
      constants.set((outputs[0] as Tensor).value.id, constant.attrsOf(node).value);
      return outputs;
    }
    const held = inputs.map((tensor) => constants.get(tensor.value.id));
    const same = repeated(node, inputs, held);
    if (same) return [same];
    if (!foldable(node, held)) return null;
    return applyReference(node, held.map(refTensor), "f32").map((result) => {
      const host = toHost(result);
      const tensor =
        host.shape.length === 0 ? builder.scalar(result.data[0] as number, host.dtype) : builder.constant(host);
      constants.set(tensor.value.id, host);
      return tensor;
    });
  });
}

function foldable(node: Node, held: readonly (HostTensor | undefined)[]): held is readonly HostTensor[] {
  return held.length > 0 && held.every((x) => x) && node.outputs.every(({ type }) => numel(type.shape) <= foldLimit);
}

/** The input that the node returns unchanged, if there is one. */
function repeated(
  { op, outputs }: Node,
  inputs: readonly Tensor[],
  held: readonly (HostTensor | undefined)[],
): Tensor | undefined {
  const which = op.repeats?.(held.map((host) => (host?.data.length === 1 ? host.data[0] : undefined)));
  const candidate = which === undefined ? undefined : inputs[which];
  return candidate && sameType(candidate.type, outputs[0]?.type as TensorType) ? candidate : undefined;
}
