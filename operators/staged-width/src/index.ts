// StagedTraining: every width doubled, as two copies of the model side by side.
import {
  concat,
  copy,
  type Expr,
  type PlanParts,
  planTables,
  scale,
  widthAxes,
  widthOperator,
  zeros,
} from "@cambium/growth";
import type { ParameterSpec } from "@cambium/model";
import { version } from "../package.json";

/**
 * The width operator of "Staged Training for Transformer Language Models" (Shen et al. 2022): matrices become
 * block-diagonal, embedding, norms and output projection are duplicated, and the last norm is halved, so that the two
 * halves add up to what the base computes. The function is preserved exactly, tied or untied. Moments follow the
 * gradients: half of the base's everywhere but at the last norm; the empty blocks start without any.
 *
 * Options: none but `factor`, which is 2.
 *
 * @throws CambiumError `E_GROWTH_SIZES` for any other growth
 * @example
 * import stagedWidth from "@cambium/operator-staged-width";
 * stagedWidth.plan(base);
 */
export default widthOperator({
  name: "staged-width",
  version,
  summary: "every width twice, block-diagonal, function and state preserved (Shen et al. 2022)",
  claims: { functionPreserving: "exact" },
  objections: ({ from, to }) =>
    widthAxes.flatMap((where) => {
      if (to[where] === 2 * from[where]) return [];
      return [{ where, message: "is not doubled", expected: `${2 * from[where]}`, got: `${to[where]}` }];
    }),
  plan: ({ base, target }): PlanParts => {
    const tensors: Record<string, Expr> = {};
    const moments: Record<string, Expr> = {};
    const old = new Map(planTables({ base, target }).base.map((spec) => [spec.name, spec.shape]));
    for (const spec of planTables({ base, target }).target) {
      const twice = sideBySide(spec, old.get(spec.name) ?? spec.shape);
      const last = spec.feeds === "head";
      tensors[spec.name] = last ? scale(twice, 0.5) : twice;
      moments[spec.name] = last || twice.kind === "copy" ? twice : scale(twice, 0.5);
    }
    return { tensors, optimizer: { moments } };
  },
});

/** Once, twice along the dimension that grows, or on the diagonal of two that do. */
function sideBySide({ name, shape }: ParameterSpec, old: readonly number[]): Expr {
  const grown = shape.flatMap((size, at) => (size === old[at] ? [] : [at]));
  const [at] = grown;
  if (at === undefined) return copy(name);
  if (grown.length === 1) return concat(at, [copy(name), copy(name)]);
  const empty = zeros(old);
  return concat(0, [concat(1, [copy(name), empty]), concat(1, [empty, copy(name)])]);
}
