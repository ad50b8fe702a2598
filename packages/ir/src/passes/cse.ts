// Common-subexpression elimination: one node for equal ops on equal inputs. Every op is pure, so this is always correct.
import type { HostTensor } from "../dtype.js";
import type { Attrs, AttrValue, Graph, Tensor } from "../graph.js";
import { rewrite } from "./rewrite.js";

export function eliminateCommonSubexpressions(graph: Graph): Graph {
  const seen = new Map<string, readonly Tensor[]>();
  return rewrite(graph, (node, inputs, builder) => {
    const key = `${node.op.name}(${inputs.map((tensor) => tensor.value.id)})${attrsKey(node.attrs)}`;
    const outputs = seen.get(key) ?? builder.apply(node.op, inputs, node.attrs);
    seen.set(key, outputs);
    return outputs;
  });
}

/** A key that is equal for equal attributes, in whatever order they were written; tensors are compared by content. */
export function attrsKey(attrs: Attrs): string {
  const entries = Object.entries(attrs).filter(([, value]) => value !== undefined);
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, plain(value)]));
}

function plain(value: AttrValue): unknown {
  if (typeof value === "object" && "data" in value) {
    const { dtype, shape, data } = value as HostTensor;
    return { dtype, shape, data: Array.from(data, (x) => (Object.is(x, -0) ? "-0" : String(x))) };
  }
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
