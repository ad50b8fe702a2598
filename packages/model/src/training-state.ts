// The state of a training run in host memory. Snapshots hold it, trainers load it, growth grows it.
import type { DeviceTensor } from "@cambium/backend";
import type { HostTensor } from "@cambium/ir";

/** The loss scale of mixed precision. */
export interface LossScale {
  /** The factor on the loss: a power of two, at least 1. */
  readonly scale: number;
  /** Steps since it last changed, none of them skipped. */
  readonly finiteSteps: number;
}

type Tensors = Readonly<Record<string, HostTensor>>;

/** Parameters and AdamW moments by parameter name, each of its parameter's shape. */
export interface TrainingState {
  /** Number of optimizer updates in the moments, for AdamW's bias correction. */
  readonly updates: number;
  readonly parameters: Tensors;
  readonly m: Tensors;
  readonly v: Tensors;
  /** Of a run in mixed precision. If absent, the run starts with its initial scale. */
  readonly lossScale?: LossScale;
}

/** Names of a parameter's moments in graphs and in flat sets of tensors; the parameter itself keeps its name. */
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
