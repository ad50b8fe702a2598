// Growth of a live training state: parameters and moments down, plan executed, parameters and moments up.
import { CambiumError, type HostTensor, type Reason } from "@cambium/ir";
import { sourcesOf } from "../expr/walk.js";
import type { GrowthPlan } from "../plan/plan.js";
import { applyPlan, type TensorSource } from "./apply.js";
import { growMoments, type MomentPolicy } from "./moments.js";

type Tensors = Readonly<Record<string, HostTensor>>;

/** What a trainer holds: parameters, and AdamW's moments by parameter name. */
export interface LiveState {
  /** Optimizer updates that the moments have seen. */
  readonly updates: number;
  readonly parameters: Tensors;
  readonly m: Tensors;
  readonly v: Tensors;
}

/**
 * The state of the target, in tensors of its own. `learned` as for `applyPlan`.
 * @throws CambiumError `E_GROWTH_SOURCE` with every parameter that is absent; as `applyPlan` and `growMoments`.
 */
export async function growState(
  plan: GrowthPlan,
  state: LiveState,
  options: { readonly moments: MomentPolicy; readonly learned?: TensorSource | "init" },
): Promise<LiveState> {
  const { moments, ...apply } = options;
  const read = new Set(Object.values(plan.tensors).flatMap(sourcesOf));
  const reasons: Reason[] = [...read].flatMap((where) =>
    state.parameters[where] ? [] : [{ where, message: "is not there" }],
  );
  if (reasons.length > 0)
    throw new CambiumError("E_GROWTH_SOURCE", "the state lacks parameters that the plan reads", { reasons });

  const grown = growMoments(plan, { updates: state.updates, m: source(state.m), v: source(state.v) }, moments);
  const parameters: Record<string, HostTensor> = {};
  for await (const [name, tensor] of applyPlan(plan, source(state.parameters), apply)) parameters[name] = tensor;
  const m: Record<string, HostTensor> = {};
  const v: Record<string, HostTensor> = {};
  for await (const [name, made] of grown.tensors) {
    m[name] = made.m;
    v[name] = made.v;
  }
  return { updates: grown.updates, parameters, m, v };
}

function source(tensors: Tensors): TensorSource {
  return { get: (name) => (Object.hasOwn(tensors, name) ? tensors[name] : undefined) };
}
