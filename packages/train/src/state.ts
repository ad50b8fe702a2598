// The state of a training run in host memory: what a snapshot holds and what growth grows.
import { type HostTensor, hostTensor } from "@cambium/ir";
import { type LlamaConfig, parameterTable } from "@cambium/model";
import { stateNames } from "./step-graph.js";

type Tensors = Readonly<Record<string, HostTensor>>;

/** Parameters and AdamW moments by parameter name, each of its parameter's shape. */
export interface TrainingState {
  /** Optimizer updates that the moments have seen: AdamW's bias correction counts these. */
  readonly updates: number;
  readonly parameters: Tensors;
  readonly m: Tensors;
  readonly v: Tensors;
}

/** `parameters` with zero moments: the start of training, or growth that resets them. */
export function freshState(parameters: Tensors): TrainingState {
  const zeros = () =>
    Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, hostTensor("f32", shape)]));
  return { updates: 0, parameters, m: zeros(), v: zeros() };
}

/** The state as one flat set of named tensors, for a snapshot. */
export function flattenState(state: TrainingState): Record<string, HostTensor> {
  const { m, v } = stateNames;
  const named = (tensors: Tensors, rename: (name: string) => string) =>
    Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor] as const);
  return Object.fromEntries([...named(state.parameters, (name) => name), ...named(state.m, m), ...named(state.v, v)]);
}

/** The inverse of `flattenState`. Frozen parameters have no moments. */
export function unflattenState(config: LlamaConfig, tensors: Tensors, updates: number): TrainingState {
  const names = parameterTable(config).map(({ name }) => name);
  const pick = (rename: (name: string) => string) =>
    Object.fromEntries(names.flatMap((name) => (tensors[rename(name)] ? [[name, tensors[rename(name)] as HostTensor]] : [])));
  return { updates, parameters: pick((name) => name), m: pick(stateNames.m), v: pick(stateNames.v) };
}
