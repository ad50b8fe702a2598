// The sizes of a Llama-style decoder and the parameters they make: a plain record, so that anybody can count.
import { CambiumError, type Reason } from "@cambium/ir";

/** Sizes of a Llama-style decoder; every size is a positive integer. */
export interface ModelShape {
  readonly layers: number;
  /** d, width of the residual stream. */
  readonly hidden: number;
  /** H, query heads. */
  readonly heads: number;
  /** KV, key/value heads; divides `heads`. */
  readonly kvHeads: number;
  /** e, width of one head; `heads · headDim` need not equal `hidden`. */
  readonly headDim: number;
  /** F, width of the SwiGLU hidden layer. */
  readonly intermediate: number;
  /** V. */
  readonly vocab: number;
  /** The output head is the embedding matrix. */
  readonly tied: boolean;
}

export interface ParameterCounts {
  /** Every stored weight; a tied head is counted once. */
  readonly total: number;
  /** Without the embedding and the output head: the N that growth factors are made of. */
  readonly nonEmbedding: number;
}

const sizes = ["layers", "hidden", "heads", "kvHeads", "headDim", "intermediate", "vocab"] as const;

/**
 * Parameters of a Llama decoder: N = L(2dHe + 2d·KV·e + 3dF + 2d) + d, and V·d more for each of embedding and
 * untied head.
 * @throws CambiumError `E_SCALING_SHAPE` with every size that is no positive integer, or heads that do not group.
 */
export function parameterCounts(shape: ModelShape): ParameterCounts {
  checkShape(shape);
  const { layers, hidden, vocab, tied } = shape;
  const nonEmbedding = layers * (layerWeights(shape) + 2 * hidden) + hidden;
  return { total: nonEmbedding + (tied ? 1 : 2) * vocab * hidden, nonEmbedding };
}

/** Matrix weights of one layer, norms left out: 2dHe + 2d·KV·e + 3dF. */
export function layerWeights({ hidden, heads, kvHeads, headDim, intermediate }: ModelShape): number {
  return hidden * (2 * (heads + kvHeads) * headDim + 3 * intermediate);
}

/** @throws CambiumError `E_SCALING_SHAPE` with every reason at once. */
export function checkShape(shape: ModelShape): void {
  const reasons: Reason[] = sizes.flatMap((size) =>
    Number.isSafeInteger(shape[size]) && shape[size] > 0
      ? []
      : [{ where: size, message: "not a size", expected: "a positive integer", got: String(shape[size]) }],
  );
  if (reasons.length === 0 && shape.heads % shape.kvHeads !== 0) {
    reasons.push({
      where: "kvHeads",
      message: "query heads do not share key/value heads evenly",
      expected: `a divisor of heads = ${shape.heads}`,
      got: String(shape.kvHeads),
    });
  }
  if (reasons.length > 0) throw new CambiumError("E_SCALING_SHAPE", "these sizes make no model", { reasons });
}
