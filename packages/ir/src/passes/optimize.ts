// The passes that a backend runs before it lowers a graph.
import { checkGraph } from "../check.js";
import type { CompositeOp, Graph, Node } from "../graph.js";
import { eliminateCommonSubexpressions } from "./cse.js";
import { eliminateDeadCode } from "./dce.js";
import { decompose } from "./decompose.js";
import { foldConstants } from "./fold.js";

export interface OptimizeOptions {
  /** Composites the backend takes whole; the others are decomposed. */
  readonly keep?: (op: CompositeOp, node: Node) => boolean;
  /** Check the graph after every pass, so that the error names the pass that broke it. On in tests. */
  readonly verify?: boolean;
}

/** decompose → fold → common subexpressions → dead code. */
export function optimize(graph: Graph, options: OptimizeOptions = {}): Graph {
  const passes: [string, (graph: Graph) => Graph][] = [
    ["dead code (before)", eliminateDeadCode],
    ["decompose", (g) => decompose(g, options.keep)],
    ["fold", foldConstants],
    ["common subexpressions", eliminateCommonSubexpressions],
    ["dead code", eliminateDeadCode],
  ];
  return passes.reduce((current, [name, pass]) => {
    const next = pass(current);
    if (options.verify) checkGraph(next, `after pass "${name}"`);
    return next;
  }, graph);
}
