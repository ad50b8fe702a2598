// Copies of layers with some tensors scaled: attenuated copies, and copies that are silent at first.
import { modelSizes, type ParameterSpec, parameterTable } from "@cambium/model";
import { scale, zeros } from "../expr/build.js";
import type { Expr } from "../expr/expr.js";
import { sourcesOf } from "../expr/walk.js";
import type { PlanParts } from "../plan/plan.js";
import type { DepthGrowth } from "./depth.js";

/**
 * `parts`, which copies layers, with tensors scaled. Factors are rounded to f32, like any factor on a stored tensor, so
 * that results have the same bits. A layer is silent if all its tensors that write to the stream are scaled by 0: it
 * starts as the identity, without moments. The function is preserved if the other layers are the base's own, in order
 * and unscaled.
 * @param factorOf the factor on a target tensor that copies `source`; undefined for none.
 */
export function scaleLayers(
  parts: PlanParts,
  { base, target, layers }: DepthGrowth,
  factorOf: (spec: ParameterSpec, source: string) => number | undefined,
): PlanParts {
  const table = parameterTable(target);
  const factors = new Map(
    table.map((spec) => {
      const [source] = sourcesOf(parts.tensors[spec.name] as Expr);
      return [spec.name, source === undefined ? 1 : Math.fround(factorOf(spec, source) ?? 1)];
    }),
  );
  const factor = ({ name }: ParameterSpec) => factors.get(name) as number;
  const silent = layers.map((_, t) => {
    const writers = table.filter(({ layer, writes }) => layer === t && writes === "stream");
    return writers.length > 0 && writers.every((spec) => factor(spec) === 0);
  });
  const tensors: Record<string, Expr> = { ...parts.tensors };
  const moments: Record<string, Expr> = {};
  for (const spec of table) {
    const { name, shape, layer } = spec;
    const copied = parts.tensors[name] as Expr;
    if (factor(spec) !== 1) tensors[name] = scale(copied, factor(spec));
    if (factor(spec) === 0 || silent[layer ?? -1]) moments[name] = zeros(shape);
    else if (factor(spec) !== 1) moments[name] = copied;
  }
  const own = layers.filter((_, t) => !silent[t]);
  const kept = own.length === modelSizes(base).layers && own.every((from, t) => from === t);
  const plain = table.every((spec) => factor(spec) === 1 || silent[spec.layer ?? -1]);
  return { ...parts, tensors, optimizer: { moments }, claims: { functionPreserving: kept && plain ? "exact" : "no" } };
}
