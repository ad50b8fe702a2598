// Training states: creating one, flattening it for a snapshot and back, and checking that it fits a model.
import { append, CambiumError, type HostTensor, hostTensor, type Reason, type TensorType } from "@cambium/ir";
import { type ModelSpec, parameterTable, stateNames, type TrainingState, unfitF32Tensors } from "@cambium/model";
import { initialLossScale } from "./loss-scale.js";

type Tensors = Readonly<Record<string, HostTensor>>;

/** A training state with tensors of any kind, or with their types alone. */
export interface StateOf<T> extends Omit<TrainingState, "parameters" | "m" | "v"> {
  readonly parameters: Readonly<Record<string, T>>;
  readonly m: Readonly<Record<string, T>>;
  readonly v: Readonly<Record<string, T>>;
}

/** `parameters` with zero moments: the start of training, or growth that resets them. */
export function freshState(parameters: Tensors): TrainingState {
  const zeros = () =>
    Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, hostTensor("f32", shape)]));
  return { updates: 0, parameters, m: zeros(), v: zeros() };
}

/** The state's tensors as one flat set, for a snapshot. */
export function flattenState(state: TrainingState): Record<string, HostTensor> {
  const { m, v } = stateNames;
  const named = (tensors: Tensors, rename: (name: string) => string) =>
    Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor] as const);
  return Object.fromEntries([...named(state.parameters, (name) => name), ...named(state.m, m), ...named(state.v, v)]);
}

/**
 * The inverse of `flattenState`. Frozen parameters have no moments.
 * @throws CambiumError `E_STATE` naming every tensor that no parameter of the model accounts for.
 */
export function unflattenState<T extends TensorType = HostTensor>(
  model: ModelSpec,
  tensors: Readonly<Record<string, T>>,
  updates: number,
): StateOf<T> {
  const names = parameterTable(model).map(({ name }) => name);
  const pick = (rename: (name: string) => string) =>
    Object.fromEntries(names.flatMap((name) => (tensors[rename(name)] ? [[name, tensors[rename(name)] as T]] : [])));
  const state = { updates, parameters: pick((name) => name), m: pick(stateNames.m), v: pick(stateNames.v) };
  const taken = new Set(names.flatMap((name) => [name, stateNames.m(name), stateNames.v(name)]));
  refuse(Object.keys(tensors).flatMap((name) => (taken.has(name) ? [] : [stranger(name)])));
  return state;
}

/**
 * Checks that `state` fits the model: every parameter, and moments of all that are not `frozen`.
 * @throws CambiumError `E_STATE` with every reason found.
 */
export function checkState(
  model: ModelSpec,
  state: StateOf<TensorType>,
  frozen: ReadonlySet<string> = new Set(),
): void {
  const names = new Set(parameterTable(model).map(({ name }) => name));
  const reasons: Reason[] = [];
  if (!Number.isInteger(state.updates) || state.updates < 0) {
    reasons.push({ where: "updates", message: "does not fit", expected: "an integer ≥ 0", got: String(state.updates) });
  }
  const { scale, finiteSteps } = state.lossScale ?? initialLossScale;
  if (!(scale >= 1 && Number.isInteger(Math.log2(scale)) && Number.isInteger(finiteSteps) && finiteSteps >= 0)) {
    const expected = "a power of two ≥ 1, and a number of steps";
    reasons.push({ where: "lossScale", message: "does not fit", expected, got: JSON.stringify(state.lossScale) });
  }
  for (const part of ["parameters", "m", "v"] as const) {
    const unfit = unfitF32Tensors(model, new Map(Object.entries(state[part])));
    for (const reason of unfit) {
      const { where = "" } = reason;
      if (part === "parameters" || !frozen.has(where)) reasons.push({ ...reason, where: `${part} of ${where}` });
    }
    const strangers = Object.keys(state[part]).filter((name) => !names.has(name));
    append(
      reasons,
      strangers.map((name) => stranger(`${part} of ${name}`)),
    );
  }
  refuse(reasons);
}

/** Checks that `parameters` are all of `model`'s, in f32, and no others. @throws CambiumError `E_STATE` */
export function checkParameters(model: ModelSpec, parameters: Tensors): void {
  const given = new Map(Object.entries(parameters));
  const names = new Set(parameterTable(model).map(({ name }) => name));
  const strangers = [...given.keys()].filter((name) => !names.has(name)).map(stranger);
  refuse([...unfitF32Tensors(model, given), ...strangers]);
}

function stranger(where: string): Reason {
  return { where, message: "the model has no such tensor" };
}

function refuse(reasons: readonly Reason[]): void {
  if (reasons.length > 0) throw new CambiumError("E_STATE", "the training state does not fit the model", { reasons });
}
