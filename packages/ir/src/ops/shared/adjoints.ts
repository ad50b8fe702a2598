// Shared by gradient rules: the transposes of broadcasting (a sum) and of summing (a broadcast).
import type { Tensor } from "../../graph.js";
import { broadcast } from "../broadcast.js";
import { reduceSum } from "../reduce-sum.js";
import { reshape } from "../reshape.js";
import { keptShape, type Reduction } from "./reduction.js";

/** Sums `grad` over the axes along which a tensor of `shape` was broadcast: the transpose of broadcasting. */
export function sumTo(grad: Tensor, shape: readonly number[]): Tensor {
  const lead = grad.shape.length - shape.length;
  const axes = grad.shape.flatMap((size, i) => (i < lead || (shape[i - lead] === 1 && size !== 1) ? [i] : []));
  const summed = axes.length === 0 ? grad : reduceSum(grad, { axes, keepDims: true });
  return summed.shape.length === shape.length ? summed : reshape(summed, { shape });
}

/** Stretches `y`, reduced from `shape`, back to it: the transpose of summing. */
export function unreduce(y: Tensor, shape: readonly number[], reduction: Reduction): Tensor {
  return broadcast(reshape(y, { shape: keptShape(shape, reduction) }), { shape });
}
