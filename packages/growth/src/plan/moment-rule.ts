// The expression that grows a tensor's moments, if one is known.
import type { Expr, ExprKind } from "../expr/expr.js";
import { walk } from "../expr/walk.js";
import type { GrowthPlan } from "./plan.js";

const selects: Record<ExprKind, boolean> = {
  copy: true,
  take: true,
  concat: true,
  zeros: true,
  const: true,
  normal: true,
  scale: false,
  sum: false,
  affine: false,
  matmul: false,
  given: false,
};

/**
 * The plan's rule for a tensor, or the tensor's own expression if that only selects (`isSelection`). Undefined if the
 * expression has factors and no rule says what they do to the gradient: W' = sW has the gradient g/s, weights that read
 * copies with shares a have g, and the copies themselves a·g.
 */
export function momentRule(plan: GrowthPlan, name: string): Expr | undefined {
  const rule = plan.optimizer.moments[name];
  if (rule) return rule;
  const expr = plan.tensors[name];
  return expr && isSelection(expr) ? expr : undefined;
}

/**
 * Whether `expr` only selects: copies, takes without factors, joins, new entries. Such expressions are exact in f32.
 */
export function isSelection(expr: Expr): boolean {
  let selection = true;
  walk(expr, (part) => {
    if (!selects[part.kind] || (part.kind === "take" && part.scale !== undefined)) selection = false;
  });
  return selection;
}
