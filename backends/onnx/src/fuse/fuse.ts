// Rewrites of an optimised graph into forms that ONNX Runtime computes in fewer or faster nodes.
import { eliminateDeadCode, type Graph } from "@cambium/ir";
import { shareProbabilities } from "./probabilities.js";
import { foldIntoProducts } from "./products.js";
import { foldResiduals } from "./residuals.js";
import { shareSwiglu } from "./shared-swiglu.js";
import { cheapestGradients } from "./weight-gradients.js";

/** Composites that `shareProbabilities` looks for. Those that it leaves must be decomposed before `fuseNodes`. */
export const matched: readonly string[] = [
  "causalAttention",
  "causalAttentionGrad",
  "linearCrossEntropy",
  "linearCrossEntropyGrad",
];

/** Runs while the composites in `matched` are still whole. */
export const fuseComposites = shareProbabilities;

/** Runs on the graph that is lowered, for a device with `threads`. */
export function fuseNodes(graph: Graph, threads: number): Graph {
  const gradients = (current: Graph) => cheapestGradients(current, threads);
  return [shareSwiglu, foldResiduals, foldIntoProducts, gradients, eliminateDeadCode].reduce(
    (current, pass) => pass(current),
    graph,
  );
}
