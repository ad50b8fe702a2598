// Plans with one thing changed that preserving the function depends on.
import {
  copy,
  type Expr,
  type GrowthPlan,
  parsePlan,
  planJson,
  scale,
  take,
} from "../../../packages/growth/src/index.js";
import { type Family, modelSizes, parameterTable } from "../../../packages/model/src/index.js";

/** `plan` with other tensors, checked. */
function withTensors(plan: GrowthPlan, tensors: Record<string, Expr>): GrowthPlan {
  return parsePlan(planJson({ ...plan, tensors: { ...plan.tensors, ...tensors } }));
}

/** The same plan in a target with the base's eps. */
export function epsKept(plan: GrowthPlan): GrowthPlan {
  const { family, config } = plan.target;
  const { eps } = family as Required<Family>;
  return { ...plan, target: { family, config: eps.changed(config, eps.read(plan.base.config)) } };
}

/** The same plan with other copies of query heads, read half each, or of key/value heads. */
export function otherHeads(plan: GrowthPlan, axis: "heads" | "kvHeads", indices: readonly number[]): GrowthPlan {
  const tensors: Record<string, Expr> = {};
  for (let i = 0; i < (modelSizes(plan.base).layers ?? 0); i++) {
    const named = (part: string) => `model.layers.${i}.self_attn.${part}_proj.weight`;
    for (const part of axis === "heads" ? ["q"] : ["k", "v"])
      tensors[named(part)] = take(copy(named(part)), axis, indices);
    if (axis === "heads") tensors[named("o")] = take(copy(named("o")), axis, indices, 0.5);
  }
  return withTensors(plan, tensors);
}

/** The same plan with norm weights times `factor`. */
export function otherNorms(plan: GrowthPlan, factor: number): GrowthPlan {
  const norms = parameterTable(plan.target).filter(({ kind }) => kind === "norm");
  return withTensors(
    plan,
    Object.fromEntries(norms.map(({ name }) => [name, scale(plan.tensors[name] as Expr, factor)])),
  );
}
