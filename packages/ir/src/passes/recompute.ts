// Activation recomputation (gradient checkpointing): the forward pass is cut into segments, and the backward pass
// computes a segment again from the values at its start instead of keeping the values inside it (Chen et al. 2016,
// "Training Deep Nets with Sublinear Memory Cost"). The numbers stay the same; it takes less memory and more work.
import type { Builder, Graph, Node, Tensor, Value } from "../graph.js";
import { after } from "../ops/after.js";
import type { ForwardPass } from "./forward-pass.js";
import { rewrite } from "./rewrite.js";

/**
 * `graph` with segments of its forward pass computed again just before the backward pass first reads from inside them.
 * A segment ends at one of `cuts` and begins after the previous cut, or at the start. Values that cross a cut are kept,
 * and so is everything after the last cut.
 * @param cuts indices into `forward.nodes`, ascending.
 */
export function recompute(graph: Graph, forward: ForwardPass, cuts: readonly number[]): Graph {
  const recomputation = new Recomputation(graph, forward, cuts);
  return rewrite(graph, (node, inputs, builder) => recomputation.visit(node, inputs, builder));
}

class Recomputation {
  /** The nodes of the forward pass. */
  readonly #forward: ReadonlySet<Node>;
  /** For each value that is not kept, by id: the nodes of its segment, which are computed again to get it. */
  readonly #dropped: ReadonlyMap<number, readonly Node[]>;
  readonly #begun = new Set<readonly Node[]>();
  /** By value id: the tensor of the forward pass, and the recomputed one. */
  readonly #tensors = new Map<number, Tensor>();
  readonly #again = new Map<number, Tensor>();
  /** Ids of the values that the forward pass defines, and of those that the backward pass does. */
  readonly #made: ReadonlySet<number>;
  readonly #gradients = new Set<number>();
  #newest: Tensor | undefined;

  constructor(graph: Graph, { nodes, crossing }: ForwardPass, cuts: readonly number[]) {
    this.#forward = new Set(nodes);
    this.#made = new Set(nodes.flatMap(({ outputs }) => outputs.map(({ id }) => id)));
    const kept = new Set([
      ...cuts.flatMap((cut) => crossing[cut] as readonly Value[]).map(({ id }) => id),
      ...graph.outputs.map(({ value }) => value.id),
    ]);
    const segments = cuts.map((cut, i) => nodes.slice(i === 0 ? 0 : (cuts[i - 1] as number) + 1, cut + 1));
    const read = new Set(
      graph.nodes.flatMap((node) => (this.#forward.has(node) ? [] : node.inputs.map(({ id }) => id))),
    );
    this.#dropped = new Map(
      segments.flatMap((segment) => {
        const again = wantedOf(segment, read, kept);
        return segment.flatMap(({ outputs }) =>
          outputs.flatMap(({ id }): [number, readonly Node[]][] => (kept.has(id) ? [] : [[id, again]])),
        );
      }),
    );
  }

  visit(node: Node, inputs: readonly Tensor[], builder: Builder): readonly Tensor[] {
    node.inputs.forEach(({ id }, i) => this.#tensors.set(id, inputs[i] as Tensor));
    const backward = !this.#forward.has(node) && node.inputs.length > 0;
    const outputs = builder.apply(node.op, backward ? this.#read(node, inputs) : inputs, node.attrs);
    node.outputs.forEach(({ id }, i) => this.#tensors.set(id, outputs[i] as Tensor));
    if (backward) {
      for (const { id } of node.outputs) this.#gradients.add(id);
      this.#newest = outputs[0];
    }
    return outputs;
  }

  /** The inputs of a node of the backward pass. Recomputes each segment that it is the first to read from. */
  #read(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
    const cause = inputs.findLast((_, i) => this.#gradients.has(node.inputs[i]?.id as number)) ?? this.#newest;
    for (const { id } of node.inputs) {
      const nodes = this.#dropped.get(id);
      if (!nodes || !cause || this.#begun.has(nodes)) continue;
      this.#begun.add(nodes);
      this.#computeAgain(nodes, cause);
    }
    return node.inputs.map(({ id }, i) => this.#again.get(id) ?? (inputs[i] as Tensor));
  }

  #computeAgain(nodes: readonly Node[], cause: Tensor): void {
    const { builder } = cause;
    const held = new Map<number, Tensor>();
    const read = ({ id }: Value): Tensor => {
      const known = this.#again.get(id) ?? held.get(id);
      if (known) return known;
      const tensor = this.#tensors.get(id) as Tensor;
      const late = this.#made.has(id) ? after(tensor, cause) : tensor;
      held.set(id, late);
      return late;
    };
    for (const { op, inputs, outputs, attrs, scope } of nodes) {
      builder.withScope(scope === undefined ? "recomputed" : `${scope}.recomputed`, () => {
        const made = builder.apply(op, inputs.map(read), attrs);
        outputs.forEach(({ id }, i) => this.#again.set(id, made[i] as Tensor));
      });
    }
  }
}

/** The nodes of a segment that have to run again to give everything in `read` that is not kept. */
function wantedOf(segment: readonly Node[], read: ReadonlySet<number>, kept: ReadonlySet<number>): Node[] {
  const wanted = new Set<number>();
  const wants = (id: number) => !kept.has(id) && (read.has(id) || wanted.has(id));
  return segment
    .toReversed()
    .filter(({ inputs, outputs }) => {
      if (!outputs.some(({ id }) => wants(id))) return false;
      for (const { id } of inputs) wanted.add(id);
      return true;
    })
    .reverse();
}
