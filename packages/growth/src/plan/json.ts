// The JSON form of a plan: the plan itself, its longer lists told once. Reading one back checks its form first, then that it
// holds together.
import { CambiumError } from "@cambium/ir";
import {
  builtInFamily,
  type FamilyResolver,
  type ModelSpec,
  modelJson,
  type Phase,
  parseModelSpec,
} from "@cambium/model";
import * as z from "zod";
import type { Expr } from "../expr/expr.js";
import { axisName, exprSchema } from "../expr/schema.js";
import { isExpr, mapParts } from "../expr/walk.js";
import { checkPlan } from "./check.js";
import { type GrowthPlan, growthContractVersion } from "./plan.js";

const modelSchema = (resolve: FamilyResolver) =>
  z.unknown().transform((given, context): ModelSpec => {
    try {
      return parseModelSpec(given, resolve);
    } catch (error) {
      if (!(error instanceof CambiumError)) throw error;
      for (const { where, message } of error.details.reasons ?? [{ message: error.message, where: undefined }]) {
        context.addIssue({ code: "custom", message, path: where === undefined ? [] : [where] });
      }
      return z.NEVER;
    }
  });

const names = z.array(z.string()).readonly();
const index = z.int().nonnegative();

/** How a model trains, as data. */
export const phaseSchema: z.ZodType<Phase> = z.strictObject({
  frozen: names,
  masks: z
    .array(
      z.strictObject({
        tensors: names,
        axis: axisName,
        range: z.tuple([index, index]).readonly(),
        schedule: z.discriminatedUnion("kind", [
          z.strictObject({
            kind: z.literal("linear"),
            start: z.number().nonnegative(),
            tokens: z.number().positive(),
          }),
          z.strictObject({ kind: z.literal("const"), value: z.number().min(0).max(1) }),
        ]),
      }),
    )
    .readonly(),
  lrMultipliers: z.record(z.string(), z.number()),
  groups: z
    .array(
      z.strictObject({
        parameters: names,
        lr: z.number().nonnegative(),
        warmup: z.number().nonnegative(),
        decay: z.boolean(),
      }),
    )
    .readonly()
    .exactOptional(),
  submodels: z
    .strictObject({
      depths: z.array(index).min(1).readonly(),
      top: z.int().positive().exactOptional(),
      tokens: z.number().positive(),
    })
    .exactOptional(),
});

type Lists = readonly (readonly number[])[];

const planSchema = (lists: Lists, resolve: FamilyResolver): z.ZodType<GrowthPlan> =>
  z.strictObject({
    contract: z.literal(
      growthContractVersion,
      `made for another version of the growth contract; this one is ${growthContractVersion}`,
    ),
    operator: z.strictObject({ name: z.string(), version: z.string(), options: z.record(z.string(), z.json()) }),
    base: modelSchema(resolve),
    target: modelSchema(resolve),
    tensors: z.record(z.string(), exprSchema(lists)),
    dropped: names,
    optimizer: z.strictObject({ moments: z.record(z.string(), exprSchema(lists)) }),
    phase: phaseSchema,
    claims: z.strictObject({
      functionPreserving: z.enum(["exact", "exact-if-eps-scaled", "at-mask-0", "no"]),
      deadParams: names.exactOptional(),
    }),
  });

const withLists = z.looseObject({ lists: z.array(z.array(z.number()).min(1).readonly()).readonly().default([]) });

/** Entries from which on a list is worth a place of its own. */
const long = 16;

/**
 * `plan` as what `JSON.stringify` makes a text of no more than its distinct lists are long: each stands once in `lists`, and
 * `{ list: i }` wherever a tensor has it.
 */
export function planJson(plan: GrowthPlan): object {
  const lists: (readonly number[])[] = [];
  const places = new Map<string | readonly number[], number>();
  const placed = (list: readonly number[]): unknown => {
    if (list.length < long) return list;
    const known = places.get(list) ?? places.get(list.join());
    const place = known ?? lists.push(list) - 1;
    if (known === undefined) places.set(list.join(), place);
    places.set(list, place);
    return { list: place };
  };
  const packed = (expr: Expr): Expr => {
    const parts = mapParts(expr, packed);
    if (parts.kind !== "take") return parts;
    const { indices, scale } = parts;
    const factors = typeof scale === "object" && !isExpr(scale) && { scale: placed(scale) };
    return { ...parts, indices: placed(indices), ...factors } as Expr;
  };
  const all = (exprs: Readonly<Record<string, Expr>>) =>
    Object.fromEntries(Object.entries(exprs).map(([name, expr]) => [name, packed(expr)]));
  const { base, target } = plan;
  const models = { base: modelJson(base), target: modelJson(target) };
  const json = { ...plan, ...models, tensors: all(plan.tensors), optimizer: { moments: all(plan.optimizer.moments) } };
  return lists.length > 0 ? { ...json, lists } : json;
}

/**
 * A plan read back from JSON, e.g. from `growth.json`.
 * @param resolve finds the families of base and target; default those that come along
 * @throws CambiumError `E_GROWTH_PLAN` with every reason why it is not a plan, or one that does not hold together.
 */
export function parsePlan(json: unknown, resolve: FamilyResolver = builtInFamily): GrowthPlan {
  if (isDeeper(json, mostLevels)) {
    const got = `more than ${mostLevels} levels of nesting`;
    throw new CambiumError("E_GROWTH_PLAN", "this is no growth plan", { expected: "expressions of some levels", got });
  }
  const { lists, ...plain } = formed(withLists.safeParse(json));
  const plan = formed(planSchema(lists, resolve).safeParse(plain));
  checkPlan(plan);
  return plan;
}

/** Expressions of operators nest less than ten times, and composed ones add up; what checks them runs out of stack at some thousands. */
const mostLevels = 500;

function isDeeper(json: unknown, levels: number): boolean {
  let inside: readonly unknown[] = [json];
  for (let level = 0; level <= levels && inside.length > 0; level++)
    inside = inside.flatMap((one) =>
      typeof one === "object" && one !== null ? Object.values(one).filter((part) => typeof part === "object") : [],
    );
  return inside.length > 0;
}

function formed<T>({ data, error }: z.ZodSafeParseResult<T>): T {
  if (!error) return data;
  const reasons = error.issues.map(({ path, message }) => ({ where: path.join(" / ") || "the plan", message }));
  throw new CambiumError("E_GROWTH_PLAN", "this is no growth plan", { reasons });
}
