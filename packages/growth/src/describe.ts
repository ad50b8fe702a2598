// A plan in a dozen lines: the sizes that grow, the origin of each layer, R_c, what is dropped and what is claimed.
import { highest } from "@cambium/ir";
import { countParameters, type ModelSpec, modelSizes, opensAfter } from "@cambium/model";
import type { Expr } from "./expr/expr.js";
import { sourcesOf } from "./expr/walk.js";
import { connectionRate, type Fraction, layerMap, layerOrigins } from "./layer-map.js";
import { planNeeds } from "./plan/needs.js";
import { type FunctionClaim, type GrowthPlan, type PlanOrigin, type PlanTables, planTables } from "./plan/plan.js";

const claimed: Record<FunctionClaim, string> = {
  exact: "preserved exactly",
  "exact-if-eps-scaled": "preserved exactly, with the norms' eps scaled",
  "at-mask-0": "preserved while the masks are 0",
  no: "not preserved",
};

/** `plan` as text for a person, without a newline at the end. */
export function describePlan(plan: GrowthPlan, tables: PlanTables = planTables(plan)): string {
  const { base, target, operator } = plan;
  const rate = connectionRate(layerMap(plan, tables));
  const [before, after] = [countParameters(base), countParameters(target)];
  const exprs = Object.values(plan.tensors);
  const copied = exprs.filter(({ kind }) => kind === "copy").length;
  const made = exprs.filter((expr: Expr) => sourcesOf(expr).length === 0).length;
  const needs = planNeeds(plan);
  const opened = highest(plan.phase.masks.map(opensAfter));
  const rows: [string, string][] = [
    ["operator", formatOperator(operator)],
    ["sizes", changedSizes(base, target)],
    ["layers", formatLayers(layerOrigins(plan, tables))],
    ["R_c", formatRate(rate)],
    ["parameters", `${formatCount(before.total)} → ${formatCount(after.total)}`],
    [
      "non-embedding",
      `${formatCount(before.nonEmbedding)} → ${formatCount(after.nonEmbedding)} (× ${(after.nonEmbedding / before.nonEmbedding).toFixed(3)})`,
    ],
    ["tensors", `${copied} copied, ${exprs.length - copied - made} computed, ${made} new`],
    ["dropped", plan.dropped.length === 0 ? "no tensor" : `${plan.dropped.length}: ${shortened(plan.dropped)}`],
    ["function", claimed[plan.claims.functionPreserving]],
    ...(plan.phase.masks.length > 0 ? [["masks", maskText(plan.phase.masks.length, opened)] as [string, string]] : []),
    ...(needs.length > 0 ? [["needs", needs.join(", ")] as [string, string]] : []),
  ];
  return formatRows(rows);
}

/** Two columns: labels and texts. */
export function formatRows(rows: readonly (readonly [label: string, text: string])[]): string {
  return rows.map(([label, text]) => `${label.padEnd(14)}${text}`).join("\n");
}

/** The operator that made a plan, and its options: `stack 0.1.0 factor=4 strict=true`. */
export function formatOperator({ name, version, options }: PlanOrigin): string {
  const chosen = Object.entries(options).map(([option, value]) => ` ${option}=${JSON.stringify(value)}`);
  return `${name} ${version}${chosen.join("")}`;
}

/** R_c as a fraction, not reduced, and in percent: `20/23 = 86.96 %`. */
export function formatRate({ numerator, denominator, value }: Fraction): string {
  return `${numerator}/${denominator} = ${(100 * value).toFixed(2)} %`;
}

/**
 * A layer list with `|` wherever a connection of the base is lost: `0–5 | 0–5` is two stacked copies of six layers.
 * Equal neighbours are counted (`0–5 ×4`). `new` is a layer that reads nothing of the base, `0+1` one that mixes two.
 */
export function formatLayers(origins: readonly (readonly number[])[]): string {
  const runs: { first: readonly number[]; last: readonly number[] }[] = [];
  for (const layers of origins) {
    const run = runs.at(-1);
    const follows = run?.last.length === 1 && layers.length === 1 && layers[0] === (run.last[0] as number) + 1;
    if (run && follows) run.last = layers;
    else runs.push({ first: layers, last: layers });
  }
  const name = (layers: readonly number[]) => (layers.length === 0 ? "new" : layers.join("+"));
  const texts = runs.map(({ first, last }) => (first === last ? name(first) : `${name(first)}–${name(last)}`));
  const counted: { text: string; times: number }[] = [];
  for (const text of texts) {
    const before = counted.at(-1);
    if (before?.text === text) before.times++;
    else counted.push({ text, times: 1 });
  }
  return counted.map(({ text, times }) => (times === 1 ? text : `${text} ×${times}`)).join(" | ");
}

function maskText(masks: number, opened: number): string {
  return `${masks}, ${opened === Number.POSITIVE_INFINITY ? "not all of them ever open" : `open after ${formatCount(opened)} tokens`}`;
}

function changedSizes(base: ModelSpec, target: ModelSpec): string {
  const [before, after] = [modelSizes(base), modelSizes(target)];
  const axes = new Set(["layers", ...Object.keys(after)]);
  const changed = [...axes].filter((axis) => before[axis] !== after[axis]);
  return changed.map((axis) => `${axis} ${before[axis]} → ${after[axis]}`).join(", ") || "unchanged";
}

function shortened(names: readonly string[]): string {
  return names.length <= 2 ? names.join(", ") : `${names[0]}, …, ${names.at(-1)}`;
}

/** An integer with commas between thousands. Not `toLocaleString`, whose first call takes 15 ms to load its tables. */
export function formatCount(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}
