// Which node defines each value of a graph, and which nodes read it. Passes and lowerings match patterns with it.
import type { Graph, Node } from "./graph.js";
import { constant } from "./ops/constant.js";

export class Uses {
  readonly #readers = new Map<number, Node[]>();
  readonly #producers = new Map<number, Node>();
  readonly #outputs: ReadonlySet<number>;

  constructor(graph: Graph) {
    this.#outputs = new Set(graph.outputs.map(({ value }) => value.id));
    for (const node of graph.nodes) {
      for (const { id } of node.inputs) {
        const known = this.#readers.get(id);
        if (known) known.push(node);
        else this.#readers.set(id, [node]);
      }
      for (const { id } of node.outputs) this.#producers.set(id, node);
    }
  }

  /** The nodes that read value `id`, in graph order; a node that reads it twice is listed twice. */
  readers(id: number): readonly Node[] {
    return this.#readers.get(id) ?? [];
  }

  /** The node that defines value `id`; undefined for a graph input. */
  producer(id: number): Node | undefined {
    return this.#producers.get(id);
  }

  isOutput(id: number): boolean {
    return this.#outputs.has(id);
  }

  /** Whether value `id` is read exactly once, and is not a graph output. */
  single(id: number): boolean {
    return !this.isOutput(id) && this.readers(id).length === 1;
  }

  /** The number that value `id` holds, if it is a scalar constant. */
  scalar(id: number): number | undefined {
    const node = this.producer(id);
    if (!node || !constant.is(node)) return undefined;
    const { data } = constant.attrsOf(node).value;
    return data.length === 1 ? data[0] : undefined;
  }
}
