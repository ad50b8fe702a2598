// The state of a training run in host memory: what a snapshot holds, a trainer loads and growth grows.
import type { HostTensor } from "@cambium/ir";

/** What the loss is multiplied by in mixed precision, and how that came about. */
export interface LossScale {
  /** A power of two; 1 at least. */
  readonly scale: number;
  /** Steps since it last changed, none of them skipped. */
  readonly finiteSteps: number;
}

type Tensors = Readonly<Record<string, HostTensor>>;

/** Parameters and AdamW moments by parameter name, each of its parameter's shape. */
export interface TrainingState {
  /** Optimizer updates that the moments have seen: AdamW's bias correction counts these. */
  readonly updates: number;
  readonly parameters: Tensors;
  readonly m: Tensors;
  readonly v: Tensors;
  /** Of a run in mixed precision; absent: the run begins at its initial scale. */
  readonly lossScale?: LossScale;
}
