// Which expressions of a graph are put into memory: those that kernels or outputs need there, and those grown too long.
import { type Node, numel, reshape, type Value } from "@cambium/ir";
import type { InlineLowering } from "../lower/lowering.js";
import type { GraphView } from "./graph-view.js";

/** An expression beyond one of these limits is cut: parts of it are put into memory. */
export const expressionLimits = {
  /** Ops that one expression may hold. */
  ops: 48,
  /** Values in memory that it may read. */
  leaves: 5,
  /** Ops of an expression that several nodes read and therefore compute. */
  sharedOps: 8,
  /** Ops of an expression that is broadcast, so that each element is computed many times. */
  stretchedOps: 2,
} as const;

/** The cost of computing a value where it is used. */
export interface Cost {
  readonly ops: number;
  /** The values in memory that it reads. */
  readonly leaves: ReadonlySet<Value>;
}

export class Expressions {
  readonly #view: GraphView;
  /** Ids of the expressions that are put into memory. */
  readonly #stored = new Set<number>();
  readonly #costs = new Map<number, Cost>();

  constructor(view: GraphView) {
    this.#view = view;
    this.#storeNeeded();
    this.#storeTooLong();
  }

  /** Puts the expression into memory. */
  store({ id }: Value): void {
    this.#stored.add(id);
  }

  isStored({ id }: Value): boolean {
    return this.#stored.has(id);
  }

  /** Whether the value is computed where it is used. */
  isExpression(value: Value): boolean {
    return this.#view.inline(value) !== undefined && !this.isStored(value);
  }

  /** The cost of using the value: nothing but a read for one in memory. */
  cost(value: Value): Cost {
    const home = this.#view.home(value);
    const made = this.isExpression(home) ? this.#view.inline(home) : undefined;
    if (!made) return { ops: 0, leaves: new Set([home]) };
    const known = this.#costs.get(home.id);
    if (known) return known;
    const cost = this.#costOfMaking(made.node);
    this.#costs.set(home.id, cost);
    return cost;
  }

  /** The cost of computing what the node makes, whether or not the result goes to memory. */
  #costOfMaking(node: Node): Cost {
    const parts = node.inputs.map((input) => this.cost(input));
    const own = (this.#view.loweringOf(node) as InlineLowering).view ? 0 : 1;
    return {
      ops: parts.reduce((sum, { ops }) => sum + ops, own),
      leaves: new Set(parts.flatMap(({ leaves }) => [...leaves])),
    };
  }

  /** What kernels read from memory, and the graph's outputs. */
  #storeNeeded(): void {
    const { graph, loweringOf } = this.#view;
    for (const node of graph.nodes) {
      const lowering = loweringOf(node);
      if (lowering.kind === "kernels" && !lowering.expressions) for (const input of node.inputs) this.#storeHome(input);
    }
    for (const { value } of graph.outputs) this.#storeHome(value);
  }

  /** In the graph's order, so that what is cut early shortens what comes later. */
  #storeTooLong(): void {
    for (const node of this.#view.graph.nodes) {
      for (const value of node.outputs) {
        if (!this.#view.inline(value) || reshape.is(node)) continue;
        this.#storeStretched(node, value);
        this.#storeWidest(node, value);
        const { ops } = this.#costOfMaking(node);
        const shared = this.#view.readers(value).length > 1;
        if (ops > expressionLimits.ops || (shared && ops > expressionLimits.sharedOps)) this.store(value);
      }
    }
  }

  /** Inputs that would be computed again for every element they are broadcast to. */
  #storeStretched(node: Node, value: Value): void {
    for (const input of node.inputs) {
      const stretched = numel(value.type.shape) > 4 * numel(input.type.shape);
      if (stretched && this.cost(input).ops > expressionLimits.stretchedOps) this.#storeHome(input);
    }
  }

  /** Inputs of a node that reads too many values in memory: those that read most of them, one after the other. */
  #storeWidest(node: Node, value: Value): void {
    const width = (input: Value) => this.cost(input).leaves.size;
    while (this.#costOfMaking(node).leaves.size > expressionLimits.leaves) {
      const inputs = node.inputs.filter((input) => this.isExpression(this.#view.home(input)));
      const [widest] = inputs.sort((a, b) => width(b) - width(a));
      if (!widest || width(widest) <= 1) break;
      this.#storeHome(widest);
      this.#costs.delete(value.id);
    }
  }

  #storeHome(value: Value): void {
    const home = this.#view.home(value);
    if (this.#view.inline(home)) this.store(home);
  }
}
