// Fusion: which values of a graph are in memory, which are expressions inside the kernels that use them, and which
// elementwise work a kernel does on its results before it stores them.
import { type Graph, type Node, reshape, type Value } from "@cambium/ir";
import type { Lowering } from "../lower/lowering.js";
import { type EpilogueOptions, findEpilogues } from "./epilogues.js";
import { Expressions } from "./expressions.js";
import type { Fusion } from "./fusion.js";
import { GraphView } from "./graph-view.js";
import { mergeSteps, orderSteps } from "./steps.js";

export function fuse(graph: Graph, loweringOf: (node: Node) => Lowering, options: EpilogueOptions): Fusion {
  const view = new GraphView(graph, loweringOf);
  const expressions = new Expressions(view);
  const epilogues = findEpilogues(view, expressions, options);
  /** Whether a kernel's result never reaches memory, because the end of its epilogue does. */
  const isPassing = ({ id }: Value) => epilogues.has(id);

  const leaves = (value: Value): readonly Value[] => {
    const found = new Set<Value>();
    const look = (input: Value): void => {
      const home = view.home(input);
      const inner = expressions.isExpression(home) ? view.inline(home) : undefined;
      if (inner) inner.node.inputs.forEach(look);
      else if (!isPassing(home)) found.add(home);
    };
    view.inline(value)?.node.inputs.forEach(look);
    return [...found];
  };
  return {
    steps: mergeSteps(orderSteps(view, expressions, epilogues), {
      leaves,
      maxBuffers: options.maxBuffers,
      mayBeEarly: (value) => value.type.dtype === "f16" && leaves(value).every((leaf) => !view.producer(leaf)),
    }),
    expression: (value) => {
      const made = view.inline(value);
      if (!made || expressions.isStored(value)) return undefined;
      // A reshape of a value in memory is that memory; a reshape of a result on its way there is written where it is computed.
      const home = view.home(value);
      const isMemory = reshape.is(made.node) && !expressions.isExpression(home) && !isPassing(home);
      return isMemory ? undefined : made;
    },
    maker: (value) => view.inline(value),
    home: (value) => view.home(value),
    stored: (value) => epilogues.get(value.id) ?? value,
    leaves,
    scope: (value) => view.producer(value)?.scope,
  };
}
