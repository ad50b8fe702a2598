// Who reads and who defines each value of a graph: what patterns are matched on.
import { type Graph, type HostTensor, type Node, producers } from "@cambium/ir";

export class Uses {
  readonly #readers = new Map<number, Node[]>();
  readonly #producers: Map<number, Node>;
  readonly #outputs: ReadonlySet<number>;

  constructor(graph: Graph) {
    this.#producers = producers(graph);
    this.#outputs = new Set(graph.outputs.map(({ value }) => value.id));
    for (const node of graph.nodes) {
      for (const { id } of node.inputs) {
        const known = this.#readers.get(id);
        if (known) known.push(node);
        else this.#readers.set(id, [node]);
      }
    }
  }

  /** Nodes that read a value, once per reading. */
  readers(id: number): readonly Node[] {
    return this.#readers.get(id) ?? [];
  }

  producer(id: number): Node | undefined {
    return this.#producers.get(id);
  }

  isOutput(id: number): boolean {
    return this.#outputs.has(id);
  }

  /** Whether one node reads the value, once, and nothing else does. */
  single(id: number): boolean {
    return !this.isOutput(id) && this.readers(id).length === 1;
  }

  /** The number that a value holds when it is a scalar constant. */
  scalar(id: number): number | undefined {
    const node = this.producer(id);
    if (node?.op.name !== "constant") return undefined;
    const { data } = node.attrs["value"] as HostTensor;
    return data.length === 1 ? data[0] : undefined;
  }
}
