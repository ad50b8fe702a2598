// grow --check: measures what a growth keeps, on a small model of the checkpoint's family.
import type { FunctionClaim, GrowthPlan, Operator } from "@cambium/growth";
import { type MeasuredClaims, measureClaims, rounding, smallModel, smallOptions } from "@cambium/growth/measure";
import { CambiumError } from "@cambium/ir";
import { isTied, type ModelSpec, modelSizes } from "@cambium/model";
import { drawTable } from "./draw-table.js";

export interface CheckedGrowth extends MeasuredClaims {
  readonly family: string;
  /** Whether the embedding table is the head too. */
  readonly tied: boolean;
  /** Sizes of the small models by axis. */
  readonly base: Readonly<Record<string, number>>;
  readonly target: Readonly<Record<string, number>>;
}

/**
 * Measures a growth on a small model of random weights.
 * @param plan the plan for the checkpoint itself
 * @throws CambiumError `E_GROWTH_CHECK` for a family that Cambium cannot run, or sizes that have no small counterpart;
 *   what `operator.plan` throws
 */
export async function checkGrowth(operator: Operator, plan: GrowthPlan): Promise<CheckedGrowth> {
  const { family } = plan.base;
  if (!family.forward) {
    throw new CambiumError("E_GROWTH_CHECK", "Cambium can grow models of this kind but not run them", {
      expected: "a checkpoint of a family that Cambium can run",
      got: family.name,
      hint: "grow it, and compare what transformers computes",
    });
  }
  const base = smallModel(plan.base);
  const small = operator.plan(base, smallOptions(operator, plan, base));
  const sizes = (model: ModelSpec) => modelSizes(model) as Readonly<Record<string, number>>;
  return {
    family: family.name,
    tied: isTied(base),
    base: sizes(base),
    target: sizes(small.target),
    ...(await measureClaims(small)),
  };
}

const claims: Readonly<Record<FunctionClaim, string>> = {
  exact: "kept exactly",
  "exact-if-eps-scaled": "kept exactly, eps scaled too",
  "at-mask-0": "kept while masks are shut",
  no: "not kept",
};

export function checkedText(checked: CheckedGrowth): string {
  const { family, tied, base, target, function: of, parameters, moments, holds } = checked;
  const grown = Object.keys(target).map((axis) =>
    base[axis] === target[axis] ? `${axis} ${base[axis]}` : `${axis} ${base[axis]} → ${target[axis]}`,
  );
  const names = (list: readonly string[]) => (list.length === 0 ? "none dead" : `dead in part: ${list.join(", ")}`);
  const table = drawTable(
    ["", "claimed", "measured"],
    [
      ["function", claims[of.claim], functionText(of)],
      [
        "parameters",
        names(parameters.declaredDead),
        `${names(parameters.dead)}, of ${parameters.trained} tensors that train (5 steps)`,
      ],
      ["moments", moments ? "can be carried" : "begin at zero", moments ? momentsText(moments) : "–"],
    ],
  );
  const verdict = holds ? "All claims hold." : "The operator does not do what it claims.";
  const model = `${family}, embedding and head ${tied ? "tied" : "untied"},`;
  return `A small ${model} of random weights, in float64:\n${grown.join(", ")}\n${table}\n${verdict}`;
}

function functionText({ difference, largest }: MeasuredClaims["function"]): string {
  const logits = `logits up to ${largest.toPrecision(2)}`;
  if (difference === 0) return `the same logits, to the bit (${logits})`;
  const same = difference <= rounding.f64 * Math.max(1, largest);
  return `${same ? "the same up to rounding" : "another function"}: max |Δlogit| ${difference.toPrecision(2)}, ${logits}`;
}

/** How well AdamW's moments follow, and how many entries have none. */
function momentsText({ m, fresh }: NonNullable<MeasuredClaims["moments"]>): string {
  const follows = m <= rounding.f32 ? "exact" : `m off by ${percent(m)} of the largest gradient`;
  return fresh === 0 ? follows : `${follows}; ${percent(fresh)} of entries are new, from zero`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
