// Writes a growth plan as a mergekit file, if passthrough can make it.
import { counterparts, type Expr, type GrowthPlan, layerOrigins, planTables, sourcesOf } from "@cambium/growth";
import { CambiumError, type Reason } from "@cambium/ir";
import type { FloatDType } from "@cambium/model";
import { stringify } from "yaml";
import { parseMergekit } from "./config.js";
import { passthrough } from "./operator.js";

const dtypeNames: Readonly<Record<FloatDType, string>> = { f32: "float32", f16: "float16", bf16: "bfloat16" };

interface Slice {
  readonly start: number;
  end: number;
  /** Factors by part, as JSON: what neighbours in one slice share. */
  readonly scales: string;
}

/**
 * `plan` as a passthrough file of the model at `path`. Zeros are written as copies scaled by 0: mergekit keeps the sign
 * of each zero. Such a file cannot hold what the plan says about training.
 * @throws CambiumError `E_MERGEKIT` naming every tensor that passthrough cannot make
 */
export function mergekitText(plan: GrowthPlan, path: string, dtype?: FloatDType): string {
  const { target } = planTables(plan);
  const origins = layerOrigins(plan);
  const sourceOf = counterparts(plan.base);
  const reasons: Reason[] = [];
  origins.forEach((from, t) => {
    if (from.length !== 1) reasons.push({ where: `target layer ${t}`, message: "is not one layer of the base" });
  });
  const factors = new Map<string, number>();
  for (const spec of target) {
    const { name, layer, shape } = spec;
    const source = layer === undefined ? name : sourceOf(spec, origins[layer]?.[0])?.name;
    const factor = factorOf(plan.tensors[name] as Expr, source);
    if (factor === undefined)
      reasons.push({ where: name, message: "is neither a copy nor a copy scaled", got: `[${shape}]` });
    else factors.set(name, factor);
  }
  if (reasons.length > 0) throw notPassthrough(plan, reasons);
  const scaled = (fits: (spec: (typeof target)[number]) => boolean) =>
    JSON.stringify(
      target.flatMap((spec) => {
        const factor = factors.get(spec.name) as number;
        return fits(spec) && factor !== 1 ? [[spec.part ?? spec.name, factor]] : [];
      }),
    );
  const slices: Slice[] = [];
  origins.forEach(([from], t) => {
    const [start, scales] = [from as number, scaled(({ layer }) => layer === t)];
    const before = slices.at(-1);
    if (before && before.end === start && before.scales === scales) before.end++;
    else slices.push({ start, end: start + 1, scales });
  });
  const outside = { before: scaled((s) => isBefore(s)), after: scaled((s) => s.layer === undefined && !isBefore(s)) };
  const config = {
    merge_method: "passthrough",
    slices: slices.map(({ start, end, scales }, i) => {
      const rules = [
        ...rulesOf(scales),
        ...(i === 0 ? rulesOf(outside.before) : []),
        ...(i === slices.length - 1 ? rulesOf(outside.after) : []),
      ];
      const parameters = rules.length > 0 && { parameters: { scale: rules } };
      return { sources: [{ model: path, layer_range: [start, end], ...parameters }] };
    }),
    ...(dtype && { out_dtype: dtypeNames[dtype] }),
  };
  const text = stringify(config, { version: "1.1" });
  // Filters match parts of names, so check that none matches another tensor.
  const read = passthrough.plan(plan.base, parseMergekit(text, path));
  const caught = target.flatMap(({ name }) => {
    const factor = factorOf(read.tensors[name] as Expr, sourcesOf(read.tensors[name] as Expr)[0]);
    return factor === factors.get(name) ? [] : [{ where: name, message: "would be caught by another tensor's filter" }];
  });
  if (caught.length > 0) throw notPassthrough(plan, caught);
  return text;
}

/** Longer names first, so that none hides behind a part of it. */
function rulesOf(scales: string): { filter: string; value: number }[] {
  const list = JSON.parse(scales) as [string, number][];
  return list.toSorted(([a], [b]) => b.length - a.length).map(([filter, value]) => ({ filter, value }));
}

function isBefore({ layer, kind }: { readonly layer?: number; readonly kind: string }): boolean {
  return layer === undefined && kind === "embedding";
}

/** The factor by which `expr` scales `source`; undefined if it is anything else. */
function factorOf(expr: Expr, source: string | undefined): number | undefined {
  if (expr.kind === "zeros") return 0;
  if (expr.kind === "copy") return expr.source === source ? 1 : undefined;
  if (expr.kind !== "scale" || expr.of.kind !== "copy" || expr.of.source !== source) return undefined;
  return Math.fround(expr.by);
}

function notPassthrough({ operator }: GrowthPlan, reasons: readonly Reason[]): CambiumError {
  return new CambiumError("E_MERGEKIT", `the plan of ${operator.name} is not a passthrough of mergekit's`, { reasons });
}
