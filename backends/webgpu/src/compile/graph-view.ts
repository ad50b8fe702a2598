// A graph as fusion looks at it: which node makes a value, which nodes read it, and what each node is lowered to.
import { constant, type Graph, type Node, reshape, Uses, type Value } from "@cambium/ir";
import type { Lowering } from "../lower/lowering.js";
import { isLiteral } from "../lower/views.js";
import type { InlineNode } from "./fusion.js";

export class GraphView {
  readonly graph: Graph;
  readonly loweringOf: (node: Node) => Lowering;
  readonly #uses: Uses;
  readonly #positions: ReadonlyMap<Node, number>;

  constructor(graph: Graph, loweringOf: (node: Node) => Lowering) {
    this.graph = graph;
    this.loweringOf = loweringOf;
    this.#uses = new Uses(graph);
    this.#positions = new Map(graph.nodes.map((node, i) => [node, i]));
  }

  /** The node that makes the value; undefined for an input of the graph. */
  producer({ id }: Value): Node | undefined {
    return this.#uses.producer(id);
  }

  /** The node's place in the graph's order. */
  position(node: Node): number {
    return this.#positions.get(node) as number;
  }

  /** How the value is computed, if its op is an expression. A constant without a WGSL literal is in memory. */
  inline(value: Value): InlineNode | undefined {
    const node = this.producer(value);
    if (!node) return undefined;
    const lowering = this.loweringOf(node);
    if (lowering.kind !== "inline") return undefined;
    if (constant.is(node) && !isLiteral(constant.attrsOf(node).value)) return undefined;
    return { node, lowering };
  }

  /** See `Fusion.home`. */
  home(value: Value): Value {
    const node = this.producer(value);
    return node && reshape.is(node) ? this.home(node.inputs[0] as Value) : value;
  }

  /** The nodes that read the value, directly or through reshapes; a node that reads it twice is listed once. */
  readers(value: Value): Node[] {
    return [...new Set(this.#uses.readers(value.id))].flatMap((node) =>
      reshape.is(node) ? this.readers(node.outputs[0] as Value) : [node],
    );
  }

  /** Whether the value, or a reshape of it, is an output of the graph. */
  isOutput(value: Value): boolean {
    return (
      this.#uses.isOutput(value.id) ||
      this.#uses.readers(value.id).some((node) => reshape.is(node) && this.isOutput(node.outputs[0] as Value))
    );
  }
}
