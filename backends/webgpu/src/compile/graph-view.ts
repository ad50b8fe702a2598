// A graph as fusion looks at it: which node makes a value, which nodes read it, and what each node is lowered to.
import { type Graph, type HostTensor, type Node, producers, type Value } from "@cambium/ir";
import type { Lowering } from "../lower/lowering.js";
import { isLiteral } from "../lower/views.js";
import type { InlineNode } from "./fusion.js";

export class GraphView {
  readonly graph: Graph;
  readonly loweringOf: (node: Node) => Lowering;
  readonly #producers: ReadonlyMap<number, Node>;
  readonly #positions: ReadonlyMap<Node, number>;
  readonly #consumers = new Map<number, Node[]>();
  readonly #outputs: ReadonlySet<number>;

  constructor(graph: Graph, loweringOf: (node: Node) => Lowering) {
    this.graph = graph;
    this.loweringOf = loweringOf;
    this.#producers = producers(graph);
    this.#positions = new Map(graph.nodes.map((node, i) => [node, i]));
    this.#outputs = new Set(graph.outputs.map(({ value }) => value.id));
    for (const node of graph.nodes) {
      for (const { id } of new Set(node.inputs)) {
        const known = this.#consumers.get(id);
        if (known) known.push(node);
        else this.#consumers.set(id, [node]);
      }
    }
  }

  /** The node that makes the value; undefined for an input of the graph. */
  producer({ id }: Value): Node | undefined {
    return this.#producers.get(id);
  }

  /** The node's place in the graph's order. */
  position(node: Node): number {
    return this.#positions.get(node) as number;
  }

  /** How the value is computed where its op is an expression. A constant that cannot be spelled out is in memory. */
  inline(value: Value): InlineNode | undefined {
    const node = this.producer(value);
    if (!node) return undefined;
    const lowering = this.loweringOf(node);
    if (lowering.kind !== "inline") return undefined;
    if (node.op.name === "constant" && !isLiteral(node.attrs["value"] as HostTensor)) return undefined;
    return { node, lowering };
  }

  /** See `Fusion.home`. */
  home(value: Value): Value {
    const node = this.producer(value);
    return node?.op.name === "reshape" ? this.home(node.inputs[0] as Value) : value;
  }

  /** The nodes that read the value, directly or through reshapes. */
  readers(value: Value): Node[] {
    return this.#consumersOf(value).flatMap((node) =>
      node.op.name === "reshape" ? this.readers(node.outputs[0] as Value) : [node],
    );
  }

  /** Whether the value, or a reshape of it, is an output of the graph. */
  isOutput(value: Value): boolean {
    return (
      this.#outputs.has(value.id) ||
      this.#consumersOf(value).some((node) => node.op.name === "reshape" && this.isOutput(node.outputs[0] as Value))
    );
  }

  #consumersOf({ id }: Value): readonly Node[] {
    return this.#consumers.get(id) ?? [];
  }
}
