// Rewrites of an optimised graph into forms that ONNX Runtime computes in fewer or faster nodes.
import { eliminateDeadCode, type Graph } from "@cambium/ir";
import { shareProbabilities } from "./probabilities.js";
import { foldIntoProducts } from "./products.js";
import { recomputeSwiglu } from "./recompute.js";
import { foldResiduals } from "./residuals.js";
import { transposeOnce } from "./weight-gradients.js";

/** Composites that `shareProbabilities` looks for. Those that it leaves must be decomposed before `fuseNodes`. */
export const matched: readonly string[] = [
  "causalAttention",
  "causalAttentionGrad",
  "linearCrossEntropy",
  "linearCrossEntropyGrad",
];

/** Runs while the composites in `matched` are still whole. */
export const fuseComposites = shareProbabilities;

/** Runs on the graph that is lowered. */
export function fuseNodes(graph: Graph): Graph {
  return [recomputeSwiglu, foldResiduals, foldIntoProducts, transposeOnce, eliminateDeadCode].reduce(
    (current, pass) => pass(current),
    graph,
  );
}
