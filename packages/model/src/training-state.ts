// The state of a training run in host memory: what a snapshot holds, a trainer loads and growth grows.
import type { DeviceTensor } from "@cambium/backend";
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

/** Names of a parameter's moments in graphs and in flat sets of tensors, where the parameter has its own name. */
export const stateNames = {
  m: (parameter: string) => `m:${parameter}`,
  v: (parameter: string) => `v:${parameter}`,
};

/** A training state that stays on its device. */
export interface DeviceTrainingState {
  readonly updates: number;
  /** Parameters by name, moments by `stateNames`. */
  readonly tensors: Readonly<Record<string, DeviceTensor>>;
  readonly lossScale?: LossScale;
}
