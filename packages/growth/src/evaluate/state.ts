// Grows a training state in host memory: parameters, moments, and the loss scale.
import { CambiumError, type HostTensor, type Reason } from "@cambium/ir";
import type { TrainingState } from "@cambium/model";
import { sourcesOf } from "../expr/walk.js";
import type { OptimizerPolicy } from "../plan/optimizer-policy.js";
import type { GrowthPlan } from "../plan/plan.js";
import { applyPlan, type TensorsByName } from "./apply.js";
import { growMoments } from "./moments.js";

/**
 * The state of the target, in fresh tensors. The loss scale of mixed precision is kept. `found` as for `applyPlan`.
 * @throws CambiumError `E_GROWTH_SOURCE` with every missing parameter; as `applyPlan` and `growMoments`.
 */
export async function growState(
  plan: GrowthPlan,
  state: TrainingState,
  options: { readonly moments: OptimizerPolicy; readonly found?: TensorsByName | "init" },
): Promise<TrainingState> {
  const { moments, ...apply } = options;
  const read = new Set(Object.values(plan.tensors).flatMap(sourcesOf));
  const reasons: Reason[] = [...read].flatMap((where) =>
    state.parameters[where] ? [] : [{ where, message: "is missing" }],
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
  const { lossScale } = state;
  return { updates: grown.updates, parameters, m, v, ...(lossScale && { lossScale }) };
}

function source(tensors: TrainingState["m"]): TensorsByName {
  return { get: (name) => (Object.hasOwn(tensors, name) ? tensors[name] : undefined) };
}
