// The tensors of a grown model and how each is made.
import type { TensorInfo } from "@cambium/checkpoint";
import type { Made } from "./rows/make.js";

/** A tensor to be written. */
export interface TargetTensor extends TensorInfo {
  /** The source tensors that it is made from. */
  readonly sources: readonly string[];
  /** The source tensor whose bytes these are. */
  readonly copyOf?: string;
  /** How it is made, if it is not a copy. */
  readonly made?: Made;
}

export interface TargetTable {
  /** In the order in which they fill the shards: embeddings, layers, the rest. */
  readonly tensors: readonly TargetTensor[];
  /** Source tensors that nothing is made from. */
  readonly dropped: readonly string[];
}
