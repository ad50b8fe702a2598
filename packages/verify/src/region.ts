// A part of a graph as a graph of its own: values from outside become inputs, values that nothing inside reads outputs.
import {
  type Graph,
  GraphBuilder,
  type HostTensor,
  type Node,
  primitives,
  type RefTensor,
  type Tensor,
  toHost,
  Uses,
  type Value,
} from "@cambium/ir";

export interface Region {
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, HostTensor>>;
  /** The node that makes each output, by the output's name. */
  readonly makers: ReadonlyMap<string, Node>;
}

/**
 * The region of the nodes in `kept`. Values between them stay inside, so that a device can fuse them as it does in the
 * whole graph. An output that replaces an input of the region still does.
 * @param values the whole graph's values, by id
 */
export function regionOf(graph: Graph, kept: ReadonlySet<Node>, values: ReadonlyMap<number, RefTensor>): Region {
  const builder = new GraphBuilder();
  const uses = new Uses(graph);
  const names = new Map(graph.inputs.map(({ name, value }) => [value.id, name]));
  const tensors = new Map<number, Tensor>();
  const inputs: Record<string, HostTensor> = {};
  const read = ({ id, type }: Value): Tensor => {
    const known = tensors.get(id);
    if (known) return known;
    const producer = uses.producer(id);
    // Constants are copied into the region, because backends fold them.
    if (producer && primitives.constant.is(producer)) {
      const made = builder.constant(primitives.constant.attrsOf(producer).value);
      tensors.set(id, made);
      return made;
    }
    const name = names.get(id) ?? `x${Object.keys(inputs).length}`;
    inputs[name] = toHost(values.get(id) as RefTensor);
    const input = builder.input(name, type);
    tensors.set(id, input);
    return input;
  };
  const nodes = graph.nodes.filter((node) => kept.has(node) && !primitives.constant.is(node));
  for (const node of nodes) {
    const operands = node.inputs.map(read);
    const made = builder.withScope(node.scope, () => builder.apply(node.op, operands, node.attrs));
    node.outputs.forEach(({ id }, i) => tensors.set(id, made[i] as Tensor));
  }
  const makers = new Map<string, Node>();
  for (const node of nodes) {
    for (const { id } of node.outputs) {
      if (uses.readers(id).some((reader) => kept.has(reader)) && !uses.isOutput(id)) continue;
      const named = graph.outputs.find(({ value }) => value.id === id);
      const name = named?.name ?? `y${makers.size}`;
      const replaces = named?.replaces !== undefined && named.replaces in inputs ? { replaces: named.replaces } : {};
      builder.output(name, tensors.get(id) as Tensor, replaces);
      makers.set(name, node);
    }
  }
  return { graph: builder.finish(), inputs, makers };
}
